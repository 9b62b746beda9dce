"""Every form in which an object may be announced."""

import json
from typing import Any

import pytest

from processor.events import (
    Ignored,
    MalformedEventError,
    ObjectCreated,
    announcements,
    announcements_in,
)
from shared.announcement import announcement


def notification(key: str, name: str = "ObjectCreated:Put", **entry: Any) -> dict[str, Any]:
    s3 = {"bucket": {"name": "ingestion"}, "object": {"key": key, **entry}}
    return {"Records": [{"eventSource": "aws:s3", "eventName": name, "s3": s3}]}


def eventbridge(key: str, kind: str = "Object Created", **entry: Any) -> dict[str, Any]:
    detail = {"bucket": {"name": "ingestion"}, "object": {"key": key, **entry}}
    return {"detail-type": kind, "source": "aws.s3", "detail": {**detail, "reason": "PutObject"}}


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        ("orders/a+b.csv", "orders/a b.csv"),
        ("orders/a%2Bb.csv", "orders/a+b.csv"),
        ("orders/Z%C3%BCrich.csv", "orders/Zürich.csv"),
        ("orders/100%25.csv", "orders/100%.csv"),
    ],
)
def test_keys_of_notifications_are_url_decoded_and_those_of_eventbridge_are_not(
    encoded: str, key: str
) -> None:
    """R-A3."""
    assert announcements(notification(encoded, versionId="v1")) == [
        ObjectCreated("ingestion", key, "v1", "ObjectCreated:Put")
    ]
    assert announcements(eventbridge(encoded, **{"version-id": "v1"})) == [
        ObjectCreated("ingestion", encoded, "v1", "ObjectCreated:Put")
    ]


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("PutObject", "ObjectCreated:Put"),
        ("POST Object", "ObjectCreated:Post"),
        ("CopyObject", "ObjectCreated:Copy"),
        ("CompleteMultipartUpload", "ObjectCreated:CompleteMultipartUpload"),
        ("Something New", "ObjectCreated:Something New"),
    ],
)
def test_the_reasons_of_eventbridge_become_the_names_of_notifications(
    reason: str, name: str
) -> None:
    """R-D1. The invocation log does not show which trigger is deployed."""
    event = eventbridge("orders/1.csv")
    event["detail"]["reason"] = reason
    (created,) = announcements(event)
    assert isinstance(created, ObjectCreated)
    assert created.event_name == name


def test_what_the_pipeline_announces_itself_is_read_as_it_was_written() -> None:
    """R-A8. The key is raw; hop and part are there when they say something."""
    whole = announcement("ingestion", "orders/a+b %.csv", "v1", "ObjectCreated:Sweep")
    part = announcement("ingestion", "k.jsonl", "null", "ObjectCreated:Range", hop=3, part=2)
    current = announcement("ingestion", "orders/1.csv", None, "ObjectCreated:Put")
    assert announcements_in(current) == [
        ObjectCreated("ingestion", "orders/1.csv", None, "ObjectCreated:Put")
    ]
    assert announcements_in(whole) == [
        ObjectCreated("ingestion", "orders/a+b %.csv", "v1", "ObjectCreated:Sweep")
    ]
    assert announcements_in(part) == [
        ObjectCreated("ingestion", "k.jsonl", "null", "ObjectCreated:Range", hop=3, part=2)
    ]


def test_both_arrive_in_bodies_of_messages_too() -> None:
    """R-A3."""
    for event in (notification("orders/1.csv"), eventbridge("orders/1.csv")):
        assert announcements_in(json.dumps(event)) == announcements(event)


def test_an_event_without_version_announces_the_current_one() -> None:
    """R-A3."""
    (created,) = announcements(eventbridge("orders/1.csv"))
    assert isinstance(created, ObjectCreated)
    assert created.version_id is None


@pytest.mark.parametrize(
    "event",
    [
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "ingestion"},
        notification("orders/1.csv", "ObjectRemoved:Delete"),
        eventbridge("orders/1.csv", "Object Deleted"),
    ],
)
def test_events_that_create_nothing_are_ignored_with_a_reason(event: dict[str, Any]) -> None:
    """R-A3."""
    (ignored,) = announcements(event)
    assert isinstance(ignored, Ignored)
    assert ignored.reason


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "[]",
        "{}",
        "null",
        '{"Records": {}}',
        '{"Records": [5]}',
        '{"Records": [{"eventName": "ObjectCreated:Put"}]}',
        '{"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}}}]}',
        '{"detail-type": "Object Created"}',
        '{"detail-type": "Object Created", "detail": {"bucket": {"name": "b"}, "object": {}}}',
        '{"detail-type": "Object Created", "detail": {"bucket": 1, "object": {"key": ""}}}',
        '{"announcement": {"bucket": "b", "key": "k"}}',
        '{"announcement": {"bucket": "b", "key": "k", "versionId": 5,'
        ' "eventName": "ObjectCreated:Sweep"}}',
        '{"announcement": {"bucket": "b", "key": "k", "versionId": "v", "eventName": "Gone"}}',
        '{"announcement": {"bucket": "b", "key": "k", "versionId": "v",'
        ' "eventName": "ObjectCreated:Sweep", "hop": "1"}}',
        '{"announcement": {"bucket": "b", "key": "k", "versionId": "v",'
        ' "eventName": "ObjectCreated:Range", "part": 0}}',
        "\ud800",
    ],
)
def test_a_body_of_no_known_form_is_malformed_and_says_why(body: str) -> None:
    """R-A8."""
    with pytest.raises(MalformedEventError, match=r"\w+"):
        announcements_in(body)
