"""What a line of the trail says."""

from decimal import Decimal
from typing import Any

import pytest

from shared.json_text import parse_json
from stream_processor.changes import change_of

from .conftest import TABLE, stream_record


def line(record: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = parse_json(change_of(record).line)
    return told


def test_a_line_tells_what_changed_where_and_when() -> None:
    """R-A9."""
    told = line(stream_record(7))
    assert told == {
        "eventID": f"{7:032x}",
        "eventName": "INSERT",
        "cause": "write",
        "table": TABLE,
        "region": "us-west-2",
        "sequenceNumber": "100000000000000000007",
        "approximateCreationDateTime": "2026-11-18T11:06:40.000000Z",
        "keys": {"recordId": "orders#7", "timestamp": "2026-01-01"},
        "oldImage": None,
        "newImage": {"recordId": "orders#7", "total": Decimal("12.50")},
    }


@pytest.mark.parametrize(
    ("identity", "cause"),
    [
        ({"type": "Service", "principalId": "dynamodb.amazonaws.com"}, "expiry"),
        ({"type": "Service", "principalId": "replication.dynamodb.amazonaws.com"}, "delete"),
        (None, "delete"),
    ],
)
def test_expiries_and_deletions_are_told_apart(identity: dict[str, str] | None, cause: str) -> None:
    """R-A9. Both are REMOVE; only the service's own deletion by TTL is an expiry."""
    assert line(stream_record(1, eventName="REMOVE", userIdentity=identity))["cause"] == cause


def test_images_keep_every_type_and_every_digit() -> None:
    """R-A9. 38 digits are DynamoDB's, a float has 15."""
    number = "1234567890123456789012345678901234567.8"
    image = {
        "n": {"N": number},
        "m": {"M": {"l": {"L": [{"BOOL": False}, {"NULL": True}, {"S": "é"}]}}},
        "sets": {"NS": ["1", "2.0"]},
        "b": {"B": "AAE="},
        "N": {"S": "an attribute named like a type"},
    }
    record = stream_record(1)
    record["dynamodb"]["OldImage"] = image
    told = line(record)["oldImage"]
    assert told["n"] == Decimal(number)
    assert told["m"] == {"l": [False, None, "é"]}
    assert told["sets"] == [1, Decimal("2.0")]
    assert told["b"] == "AAE="
    assert told["N"] == "an attribute named like a type"


@pytest.mark.parametrize("image", [{"x": {"FUTURE": 1}}, {"x": {"N": "NaN"}}, {"x": 5}])
def test_a_value_of_no_known_type_is_kept_as_it_is(image: dict[str, Any]) -> None:
    """R-A9. No change is poison, and none is dropped."""
    record = stream_record(1)
    record["dynamodb"]["NewImage"] = image
    kept = {"x": "NaN"} if image == {"x": {"N": "NaN"}} else image
    assert line(record)["newImage"] == kept


def test_a_record_without_identity_or_time_still_has_one_place() -> None:
    """R-A9. Both are optional in the API reference; the content identifies the record then."""
    record = stream_record(1)
    del record["eventID"]
    del record["dynamodb"]["ApproximateCreationDateTime"]
    assert change_of(record) == change_of(record)
    assert change_of(record).object_key == f"audit/{TABLE}/undated.jsonl"
    assert change_of(record).event_id != change_of(stream_record(2) | {"eventID": None}).event_id
