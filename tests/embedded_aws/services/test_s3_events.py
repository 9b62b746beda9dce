"""What S3 tells of its objects, and to whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.services.eventually import eventually
from tests.embedded_aws.services.test_eventbridge_rules import ACCOUNT, EAST, Queue

CREATED = ["s3:ObjectCreated:*"]


@pytest.fixture
def s3(aws: Any) -> Any:
    return aws.client("s3", EAST)


@pytest.fixture
def bucket(s3: Any, name: str) -> str:
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture
def queue(aws: Any, bucket: str) -> Queue:
    return Queue(aws, bucket).allow(f"arn:aws:s3:::{bucket}", "s3.amazonaws.com")


def _notify(s3: Any, bucket: str, *configurations: dict[str, Any]) -> None:
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": list(configurations)}
    )


def _to(queue: Queue, prefix: str = "", suffix: str = "", **more: Any) -> dict[str, Any]:
    rules = [
        {"Name": name, "Value": value}
        for name, value in (("prefix", prefix), ("suffix", suffix))
        if value
    ]
    configuration: dict[str, Any] = {"QueueArn": queue.arn, "Events": CREATED, **more}
    if rules:
        configuration["Filter"] = {"Key": {"FilterRules": rules}}
    return configuration


def _bodies(queue: Queue, number: int) -> list[Any]:
    found: list[Any] = []

    def enough() -> bool:
        for message in queue.messages():
            queue.client.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])
            found.append(json.loads(message["Body"]))
        return len(found) >= number

    assert eventually(enough), found
    return found


def test_a_notification_names_version_sequencer_and_request(
    s3: Any, bucket: str, queue: Queue
) -> None:
    """R-D1."""
    _notify(s3, bucket, _to(queue, Id="mine"))
    key = "in/a b+c/ü.json"
    first = s3.put_object(Bucket=bucket, Key=key, Body=b"{}")
    second = s3.put_object(Bucket=bucket, Key=key, Body=b"{} ")

    test, *records = _bodies(queue, 3)

    assert test["Event"] == "s3:TestEvent"
    one, two = (body["Records"][0] for body in records)
    assert one["eventName"] == "ObjectCreated:Put"
    assert one["s3"]["configurationId"] == "mine"
    assert one["s3"]["object"]["key"] == "in/a+b%2Bc/%C3%BC.json"
    assert one["s3"]["object"]["versionId"] == first["VersionId"]
    assert two["s3"]["object"]["versionId"] == second["VersionId"]
    assert one["s3"]["object"]["eTag"] == first["ETag"].strip('"')
    assert two["s3"]["object"]["size"] == 3
    assert int(one["s3"]["object"]["sequencer"], 16) < int(two["s3"]["object"]["sequencer"], 16)
    assert one["s3"]["bucket"]["ownerIdentity"]["principalId"]
    assert one["userIdentity"]["principalId"]
    assert one["requestParameters"]["sourceIPAddress"] == "127.0.0.1"
    assert one["responseElements"]["x-amz-request-id"]


def test_only_keys_that_pass_the_filter_are_announced(s3: Any, bucket: str, queue: Queue) -> None:
    """R-A3."""
    _notify(s3, bucket, _to(queue, "in/", ".json"), _to(queue, "in/", ".csv"))
    for key in ("in/1.json", "in/2.txt", "out/3.json", "in/4.csv"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    bodies = _bodies(queue, 3)
    keys = {body["Records"][0]["s3"]["object"]["key"] for body in bodies if "Records" in body}
    assert keys == {"in/1.json", "in/4.csv"}


def test_each_write_is_announced_once_by_its_kind(s3: Any, bucket: str, queue: Queue) -> None:
    _notify(s3, bucket, _to(queue, Events=["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]))
    s3.put_object(Bucket=bucket, Key="put", Body=b"1", Tagging="a=b")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "put"})
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1, Body=b"1" * 10)
    s3.complete_multipart_upload(
        Bucket=bucket,
        Key="parts",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    marker = s3.delete_object(Bucket=bucket, Key="put")["VersionId"]
    s3.delete_object(Bucket=bucket, Key="put", VersionId=marker)

    records = [body["Records"][0] for body in _bodies(queue, 6) if "Records" in body]

    assert sorted((r["eventName"], r["s3"]["object"]["key"]) for r in records) == [
        ("ObjectCreated:CompleteMultipartUpload", "parts"),
        ("ObjectCreated:Copy", "copy"),
        ("ObjectCreated:Put", "put"),
        ("ObjectRemoved:Delete", "put"),
        ("ObjectRemoved:DeleteMarkerCreated", "put"),
    ]
    versions = {
        r["eventName"]: r["s3"]["object"]["versionId"]
        for r in records
        if r["eventName"].startswith("ObjectRemoved")
    }
    assert set(versions.values()) == {marker}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({"prefix": "in/"}, {"prefix": "in/sub/"}),
        ({"suffix": ".json"}, {"prefix": "in/"}),
        ({"suffix": ".gz"}, {"suffix": ".json.gz"}),
    ],
)
def test_overlapping_configurations_are_refused(
    s3: Any, bucket: str, queue: Queue, one: dict[str, str], other: dict[str, str]
) -> None:
    """R-A3."""
    with pytest.raises(ClientError, match="Configurations overlap"):
        _notify(s3, bucket, _to(queue, **one), _to(queue, **other))


def test_a_destination_that_does_not_let_s3_in_is_refused(aws: Any, s3: Any, bucket: str) -> None:
    """R-A11."""
    closed = Queue(aws, f"{bucket}-closed").allow("arn:aws:s3:::another", "s3.amazonaws.com")
    for arn in (closed.arn, f"{closed.arn}-absent"):
        with pytest.raises(ClientError, match="Unable to validate the following destination"):
            _notify(s3, bucket, {"QueueArn": arn, "Events": CREATED})
    function = f"arn:aws:lambda:{EAST}:{ACCOUNT}:function:absent"
    with pytest.raises(ClientError, match="Unable to validate the following destination"):
        s3.put_bucket_notification_configuration(
            Bucket=bucket,
            NotificationConfiguration={
                "LambdaFunctionConfigurations": [{"LambdaFunctionArn": function, "Events": CREATED}]
            },
        )


def test_the_configuration_comes_back_as_it_was_put(s3: Any, bucket: str, queue: Queue) -> None:
    configuration = {
        "QueueConfigurations": [_to(queue, "in/", ".json", Id="a")],
        "EventBridgeConfiguration": {},
    }
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)
    found = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert found["EventBridgeConfiguration"] == {}
    (held,) = found["QueueConfigurations"]
    assert (held["Id"], held["QueueArn"], held["Events"]) == ("a", queue.arn, CREATED)
    rules = {rule["Name"].lower(): rule["Value"] for rule in held["Filter"]["Key"]["FilterRules"]}
    assert rules == {"prefix": "in/", "suffix": ".json"}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    assert set(s3.get_bucket_notification_configuration(Bucket=bucket)) == {"ResponseMetadata"}


def test_eventbridge_hears_of_objects_only_when_the_bucket_says_so(
    aws: Any, s3: Any, bucket: str, name: str
) -> None:
    """R-B4: keys arrive as they are."""
    events = aws.client("events", EAST)
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [bucket]},
            "object": {"key": [{"wildcard": "orders/*.jsonl"}]},
        },
    }
    rule = events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    queue = Queue(aws, f"{name}-work").allow(rule)
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": queue.arn}])

    s3.put_object(Bucket=bucket, Key="orders/silent.jsonl", Body=b"1")
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    put = s3.put_object(Bucket=bucket, Key="orders/a b+ü.jsonl", Body=b"12345")
    s3.put_object(Bucket=bucket, Key="orders/other.csv", Body=b"1")

    (event,) = _bodies(queue, 1)
    detail = event["detail"]
    assert detail["bucket"] == {"name": bucket}
    assert detail["object"].pop("sequencer")
    assert detail["object"] == {
        "key": "orders/a b+ü.jsonl",
        "size": 5,
        "etag": put["ETag"].strip('"'),
        "version-id": put["VersionId"],
    }
    assert detail["reason"] == "PutObject"
    assert detail["requester"] == ACCOUNT
    assert {"request-id", "source-ip-address", "version"} <= set(detail)
    assert event["resources"] == [f"arn:aws:s3:::{bucket}"]
    assert event["region"] == EAST
