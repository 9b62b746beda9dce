"""What DynamoDB Streams tell, and the deletions of time to live."""

from __future__ import annotations

import re
import time
from typing import Any

from embedded_aws.services.dynamodb_ttl import delete_expired
from tests.embedded_aws.services.streams import records_of

EAST = "us-east-1"
KEY = {"pk": {"S": "a"}, "sk": {"S": "1"}}


def test_images_stay_what_they_were_when_the_item_changes_later(
    aws: Any, east: Any, table: str
) -> None:
    """R-A9."""
    east.put_item(
        TableName=table,
        Item={**KEY, "tags": {"SS": ["x"]}, "m": {"M": {"l": {"L": [{"N": "1"}]}}}},
    )
    east.update_item(
        TableName=table,
        Key=KEY,
        UpdateExpression="SET m.l[0] = :two ADD tags :more",
        ExpressionAttributeValues={":two": {"N": "2"}, ":more": {"SS": ["y"]}},
    )
    first, second = (record["dynamodb"] for record in records_of(aws, EAST, table))
    assert first["NewImage"]["tags"] == {"SS": ["x"]}
    assert first["NewImage"]["m"] == {"M": {"l": {"L": [{"N": "1"}]}}}
    assert second["OldImage"] == first["NewImage"]
    assert second["NewImage"]["m"] == {"M": {"l": {"L": [{"N": "2"}]}}}
    assert set(second["NewImage"]["tags"]["SS"]) == {"x", "y"}


def test_a_put_that_changes_nothing_makes_no_record(aws: Any, east: Any, table: str) -> None:
    item = {**KEY, "n": {"N": "1.0"}, "s": {"SS": ["a", "b"]}}
    east.put_item(TableName=table, Item=item)
    east.put_item(TableName=table, Item={**item, "n": {"N": "1"}, "s": {"SS": ["b", "a"]}})
    assert [record["eventName"] for record in records_of(aws, EAST, table)] == ["INSERT"]


def test_an_upsert_is_one_insert(aws: Any, east: Any, table: str) -> None:
    east.update_item(
        TableName=table,
        Key=KEY,
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"N": "1"}},
    )
    (record,) = records_of(aws, EAST, table)
    assert record["eventName"] == "INSERT"
    assert record["dynamodb"]["NewImage"] == {**KEY, "n": {"N": "1"}}
    assert record["awsRegion"] == EAST


def test_sequence_numbers_rise_and_event_ids_are_unique(aws: Any, east: Any, table: str) -> None:
    for number in range(12):
        east.put_item(TableName=table, Item={**KEY, "n": {"N": str(number)}})
    records = records_of(aws, EAST, table)
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    assert all(number.isdigit() for number in numbers)
    assert [int(number) for number in numbers] == sorted({int(number) for number in numbers})
    assert len({record["eventID"] for record in records}) == 12


def test_iterators_begin_where_they_were_asked_to(aws: Any, east: Any, table: str) -> None:
    for number in range(3):
        east.put_item(TableName=table, Item={**KEY, "n": {"N": str(number)}})
    arn = east.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    streams = aws.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    middle = records_of(aws, EAST, table)[1]["dynamodb"]["SequenceNumber"]

    def read(kind: str, **position: str) -> tuple[list[str], str]:
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard, ShardIteratorType=kind, **position
        )["ShardIterator"]
        page = streams.get_records(ShardIterator=iterator)
        values = [record["dynamodb"]["NewImage"]["n"]["N"] for record in page["Records"]]
        return values, page["NextShardIterator"]

    assert read("TRIM_HORIZON")[0] == ["0", "1", "2"]
    assert read("AT_SEQUENCE_NUMBER", SequenceNumber=middle)[0] == ["1", "2"]
    assert read("AFTER_SEQUENCE_NUMBER", SequenceNumber=middle)[0] == ["2"]
    nothing, latest = read("LATEST")
    assert nothing == []
    east.put_item(TableName=table, Item={**KEY, "n": {"N": "3"}})
    (after,) = streams.get_records(ShardIterator=latest)["Records"]
    assert after["dynamodb"]["NewImage"]["n"] == {"N": "3"}


def test_binary_values_come_out_of_the_stream_as_they_went_in(
    aws: Any, east: Any, table: str
) -> None:
    east.put_item(TableName=table, Item={**KEY, "b": {"B": b"\x00\xfe"}, "bs": {"BS": [b"\x01"]}})
    (record,) = records_of(aws, EAST, table)
    assert record["dynamodb"]["NewImage"]["b"] == {"B": b"\x00\xfe"}
    assert record["dynamodb"]["NewImage"]["bs"] == {"BS": [b"\x01"]}


def test_an_expired_item_is_removed_by_the_service_itself(aws: Any, east: Any, table: str) -> None:
    """R-A9, R-D1."""
    now = int(time.time())
    east.update_time_to_live(
        TableName=table,
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "expiresAt"},
    )
    for sort, expires in (("old", now - 5), ("young", now + 900), ("ancient", now - 10**9)):
        key = {"pk": {"S": "a"}, "sk": {"S": sort}}
        east.put_item(TableName=table, Item={**key, "expiresAt": {"N": str(expires)}})
    east.put_item(TableName=table, Item={**KEY, "expiresAt": {"S": "1"}})

    assert delete_expired() == 1

    left = {item["sk"]["S"] for item in east.scan(TableName=table)["Items"]}
    assert left == {"young", "ancient", "1"}
    removed = records_of(aws, EAST, table)[-1]
    assert removed["eventName"] == "REMOVE"
    assert removed["userIdentity"] == {
        "PrincipalId": "dynamodb.amazonaws.com",
        "Type": "Service",
    }
    assert delete_expired(now + 901) == 1


def test_a_stream_can_be_disabled_and_enabled_again(aws: Any, east: Any, table: str) -> None:
    first = east.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    east.update_table(TableName=table, StreamSpecification={"StreamEnabled": False})
    east.put_item(TableName=table, Item=KEY)
    east.update_table(
        TableName=table,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    second = east.describe_table(TableName=table)["Table"]
    assert second["LatestStreamArn"] != first
    assert second["StreamSpecification"]["StreamViewType"] == "KEYS_ONLY"
    assert records_of(aws, EAST, table) == []


def test_every_kind_of_value_comes_back_as_it_was_written(aws: Any, east: Any, table: str) -> None:
    """Through each operation that returns items, and the stream."""
    inner = {"b": {"B": b"\xff\x00"}, "n": {"NULL": True}, "t": {"BOOL": False}}
    item = {
        **KEY,
        "b": {"B": b"\x00\xfe"},
        "bs": {"BS": [b"\x01", b"\x02"]},
        "ns": {"NS": ["1", "2.50"]},
        "m": {"M": {**inner, "l": {"L": [{"S": "ü"}, {"M": inner}]}}},
    }
    east.put_item(TableName=table, Item=item)

    read = {"TableName": table, "Key": KEY}
    (scanned,) = east.scan(TableName=table)["Items"]
    (queried,) = east.query(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": KEY["pk"]},
    )["Items"]
    (batch,) = east.batch_get_item(RequestItems={table: {"Keys": [KEY]}})["Responses"][table]
    (transacted,) = east.transact_get_items(TransactItems=[{"Get": read}])["Responses"]
    (record,) = records_of(aws, EAST, table)

    for found in (
        east.get_item(**read)["Item"],
        scanned,
        queried,
        batch,
        transacted["Item"],
        record["dynamodb"]["NewImage"],
    ):
        assert found == item
    assert abs(record["dynamodb"]["ApproximateCreationDateTime"].timestamp() - time.time()) < 60


def test_a_streams_label_ends_in_milliseconds(aws: Any, east: Any, table: str) -> None:
    described = east.describe_table(TableName=table)["Table"]
    label = described["LatestStreamLabel"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", label)
    assert described["LatestStreamArn"].endswith(f"/stream/{label}")
    assert records_of(aws, EAST, table) == []
