"""R-A8, R-D1: asynchronous invocation retries, and loses nothing when it gives up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.embedded_aws.functions.making import (
    call,
    eventually,
    make_function,
    make_queue,
    take,
    unique,
)

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

SEND = "sqs:SendMessage"
FAIL = "def handler(e, c):\n print('tried')\n raise ValueError('never')"


def send(aws: EmbeddedAws, name: str, event: Any) -> int:
    """Invoke asynchronously and return the status."""
    answer = aws.client("lambda").invoke(
        FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode()
    )
    status: int = answer["StatusCode"]
    return status


def test_a_failing_event_is_tried_three_times_and_then_dead_lettered(aws: EmbeddedAws) -> None:
    url, arn = make_queue(aws)
    name = make_function(
        aws,
        "import boto3, os\n"
        "def handler(e, c):\n"
        "    boto3.client('sqs').send_message(QueueUrl=e['url'], MessageBody='tried')\n"
        "    raise ValueError('never')\n",
        (SEND, "*"),
        DeadLetterConfig={"TargetArn": arn},
    )
    tries, _ = make_queue(aws)

    assert send(aws, name, {"url": tries}) == 202

    dead = eventually(lambda: take(aws, url))[0]
    assert json.loads(dead["Body"]) == {"url": tries}
    assert dead["MessageAttributes"]["ErrorMessage"]["StringValue"] == "never"
    assert dead["MessageAttributes"]["ErrorCode"]["StringValue"] == "200"
    assert len(take(aws, tries)) == 3
    config = aws.client("lambda").get_function_configuration(FunctionName=name)
    assert config["DeadLetterConfig"] == {"TargetArn": arn}


def test_destinations_get_the_record_of_success_and_of_failure(aws: EmbeddedAws) -> None:
    good, good_arn = make_queue(aws)
    bad, bad_arn = make_queue(aws)
    name = make_function(
        aws,
        "def handler(e, c):\n if e['fail']: raise ValueError('no')\n return {'ok': True}",
        (SEND, "*"),
    )
    aws.client("lambda").put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=0,
        DestinationConfig={
            "OnSuccess": {"Destination": good_arn},
            "OnFailure": {"Destination": bad_arn},
        },
    )

    send(aws, name, {"fail": False})
    send(aws, name, {"fail": True})

    success = json.loads(eventually(lambda: take(aws, good))[0]["Body"])
    failure = json.loads(eventually(lambda: take(aws, bad))[0]["Body"])
    assert success["requestContext"]["condition"] == "Success"
    assert success["responsePayload"] == {"ok": True}
    assert failure["requestContext"]["condition"] == "RetriesExhausted"
    assert failure["requestContext"]["approximateInvokeCount"] == 1
    assert failure["requestPayload"] == {"fail": True}
    assert failure["responsePayload"]["errorMessage"] == "no"


def test_a_bucket_as_destination_gets_an_object(aws: EmbeddedAws) -> None:
    bucket = unique("failures")
    aws.client("s3").create_bucket(Bucket=bucket)
    name = make_function(aws, FAIL, ("s3:PutObject", f"arn:aws:s3:::{bucket}/*"))
    aws.client("lambda").put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}},
    )

    send(aws, name, {"a": 1})

    s3 = aws.client("s3")
    found = eventually(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"))[0]["Key"]
    assert found.startswith(f"aws/lambda/async/{name}/")
    record = json.loads(s3.get_object(Bucket=bucket, Key=found)["Body"].read())
    assert record["requestPayload"] == {"a": 1}


def test_an_alias_has_retries_and_destinations_of_its_own(aws: EmbeddedAws) -> None:
    """R-E3: an event of the alias goes by the alias' settings, whatever version runs it."""
    own, own_arn = make_queue(aws)
    other, other_arn = make_queue(aws)
    name = make_function(aws, FAIL, (SEND, "*"), Publish=True)
    client = aws.client("lambda")
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for arn, target in ((own_arn, {"Qualifier": "live"}), (other_arn, {})):
        client.put_function_event_invoke_config(
            FunctionName=name,
            MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": arn}},
            **target,
        )

    send(aws, f"{name}:live", {"through": "alias"})

    record = json.loads(eventually(lambda: take(aws, own))[0]["Body"])
    assert record["requestPayload"] == {"through": "alias"}
    assert take(aws, other) == []

    # Each is read, changed and removed on its own
    client.update_function_event_invoke_config(
        FunctionName=name, Qualifier="live", MaximumEventAgeInSeconds=77
    )
    changed = client.get_function_event_invoke_config(FunctionName=name, Qualifier="live")
    assert (changed["MaximumEventAgeInSeconds"], changed["MaximumRetryAttempts"]) == (77, 0)
    assert changed["FunctionArn"].endswith(f":{name}:live")
    found = client.list_function_event_invoke_configs(FunctionName=name)
    assert len(found["FunctionEventInvokeConfigs"]) == 2
    client.delete_function_event_invoke_config(FunctionName=name, Qualifier="live")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function_event_invoke_config(FunctionName=name, Qualifier="live")
    left = client.get_function_event_invoke_config(FunctionName=name)
    assert "MaximumEventAgeInSeconds" not in left


def test_an_event_waits_while_the_function_is_throttled(aws: EmbeddedAws) -> None:
    url, arn = make_queue(aws)
    name = make_function(aws, "def handler(e, c): return e", (SEND, "*"))
    client = aws.client("lambda")
    client.put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": arn}}
    )
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)

    send(aws, name, {"n": 1})
    assert aws.state.pending()["asynchronous events"] >= 1
    client.delete_function_concurrency(FunctionName=name)

    record = json.loads(eventually(lambda: take(aws, url))[0]["Body"])
    assert record["requestPayload"] == {"n": 1}


def test_a_role_that_may_not_send_loses_the_event_and_the_report_says_so(
    aws: EmbeddedAws,
) -> None:
    """R-F2: as on AWS, where only the metric DeadLetterErrors shows it."""
    url, arn = make_queue(aws)
    name = make_function(aws, FAIL, DeadLetterConfig={"TargetArn": arn})

    send(aws, name, {})

    eventually(lambda: any(arn in notice for notice in aws.state.notices))
    assert take(aws, url) == []
    assert any(d.action == SEND and d.resource == arn for d in aws.state.denied)


def test_many_events_run_at_most_as_many_at_once_as_the_machine_allows(aws: EmbeddedAws) -> None:
    from embedded_aws.functions.pool import machine_concurrency  # noqa: PLC0415

    url, arn = make_queue(aws)
    name = make_function(
        aws,
        "import time\n"
        "def handler(e, c):\n"
        "    start = time.time()\n"
        "    time.sleep(0.05)\n"
        "    return [start, time.time()]\n",
        (SEND, "*"),
    )
    aws.client("lambda").put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": arn}}
    )
    many = 4 * machine_concurrency()

    for _ in range(many):
        send(aws, name, {})

    spans: list[list[float]] = []

    def all_done() -> bool:
        spans.extend(json.loads(m["Body"])["responsePayload"] for m in take(aws, url))
        return len(spans) >= many

    eventually(all_done, 60)
    most = max(sum(a <= start < b for a, b in spans) for start, _ in spans)
    assert 1 <= most <= machine_concurrency()
    assert call(aws, name)[1] is None
