"""Messages of the dead-letter queue: shown with their cause, and sent back once."""

import pytest

from operations.embedded import EmbeddedAws
from operations.progress import Progress
from operations.redrive import dead_letters
from operations.redrive.causes import MEANWHILE, UNKNOWN
from operations.redrive.dead_letters import DeadLetters
from operations.region import Region
from tests.operations.redrive.bodies import (
    announcement,
    destination_record,
    eventbridge_event,
    failed_batch,
    notification,
)
from tests.operations.redrive.conftest import EAST, ENVIRONMENT, NAMES, WEST, Queues, causes, run


def test_messages_of_the_queue_are_shown_by_cause_and_moved_back(
    aws: EmbeddedAws, east: Queues, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-A8: the ledger's reason for the object, whoever announced it and however."""
    key = "orders/a b+ü.jsonl"
    bodies = [
        eventbridge_event(key, "v1"),
        announcement(key, "v2"),
        notification(key, "v3"),
        announcement(key, "v4", part=7),
        announcement(key, "v5"),
        announcement(key, "v6"),
        announcement("somewhere/else.txt", "v7"),
    ]
    for body in bodies:
        east.bury(body)
    for version in ("v1", "v2", "v3"):
        east.enter(f"orders/{key}#{version}", "FAILED", "AccessDenied: on the table")
    east.enter(f"orders/{key}#v4", "SPLIT")
    east.enter(f"orders/{key}#v4", "FAILED", "TableBusyError: busy", sort_key=f"{EAST}#00007")
    east.enter(f"orders/{key}#v5", "COMPLETED")
    east.enter("unknown/somewhere/else.txt#v7", "FAILED", "no dataset takes the key")

    done = run(aws)

    assert causes(done) == {
        "AccessDenied: on the table": 3,
        "TableBusyError: busy": 1,
        MEANWHILE: 1,
        UNKNOWN: 1,
        "no dataset takes the key": 1,
    }
    assert done["regions"][EAST]["sent_back"]["moved"] == 7
    assert done["problems"] == []
    shown = capsys.readouterr().out
    assert "us-east-1: 7 messages in the dead-letter queue" in shown
    assert "3  AccessDenied: on the table" in shown
    assert "us-west-2: 0 messages" in shown
    assert sorted(map(str, east.take("data-processing"))) == sorted(map(str, bodies))
    assert east.take("data-processing-dlq") == []


def test_a_message_that_tells_its_cause_is_believed(aws: EmbeddedAws, east: Queues) -> None:
    """R-A8: what the processor could not read, and what EventBridge could not deliver."""
    east.bury("{not JSON", ERROR_CODE="MALFORMED", ERROR_MESSAGE="the message is not JSON")
    event = eventbridge_event("orders/1.jsonl", "v9")
    east.bury(event, ERROR_CODE="NO_PERMISSIONS", RULE_ARN="arn:aws:events:...")
    east.bury("42")
    east.enter("orders/orders/1.jsonl#v9", "FAILED", "another reason")

    done = run(aws)

    assert causes(done) == {
        "MALFORMED: the message is not JSON": 1,
        "NO_PERMISSIONS": 1,
        UNKNOWN: 1,
    }
    assert done["regions"][EAST]["sent_back"]["moved"] == 3


def test_failed_events_of_the_direct_trigger_are_announced_again(
    aws: EmbeddedAws, east: Queues
) -> None:
    """R-A8 R-D1: the event inside Lambda's record goes to the queue, and nothing else of it."""
    event = notification("orders/a b+ü.jsonl", "v1")
    east.bury(destination_record(event, "ObjectsNotProcessedError", "1 of 1 objects: busy"))
    east.bury(destination_record(event, "", ""))
    east.bury(announcement("orders/2.jsonl", "v2"))

    done = run(aws)

    assert causes(done) == {
        "ObjectsNotProcessedError: 1 of 1 objects: busy": 1,
        "EventAgeExceeded": 1,
        UNKNOWN: 1,
    }
    sent_back = done["regions"][EAST]["sent_back"]
    assert (sent_back["announced"], sent_back["moved"]) == (2, 1)
    received = east.take("data-processing")
    assert received.count(event) == 2
    assert received.count(announcement("orders/2.jsonl", "v2")) == 1
    assert len(received) == 3


def test_a_second_redrive_sends_nothing(aws: EmbeddedAws, east: Queues, west: Queues) -> None:
    """R-A8 R-F3: and neither region's messages end in the other one."""
    for queues in (east, west):
        queues.bury(announcement(f"orders/{queues.region}.jsonl", "v1"))
        queues.bury(destination_record(notification("orders/2.jsonl", "v2"), "E", "m"))
    first = run(aws)
    assert [first["regions"][name]["sent_back"]["moved"] for name in (EAST, WEST)] == [1, 1]

    second = run(aws)

    assert second["sent_back"] is False
    for queues in (east, west):
        assert second["regions"][queues.region]["dead_letters"]["messages"] == 0
        received = queues.take("data-processing")
        assert len(received) == 2
        assert announcement(f"orders/{queues.region}.jsonl", "v1") in received


def test_without_approval_everything_is_shown_and_stays(aws: EmbeddedAws, east: Queues) -> None:
    """R-A8: a dry run hides no message either: the next one sees them at once."""
    east.bury(announcement("orders/1.jsonl", "v1"))
    east.bury(destination_record(notification("orders/2.jsonl", "v2"), "E", "m"))
    key = east.keep_batch("a", failed_batch("fine"))

    for _ in range(2):
        done = run(aws, approved=False)
        assert done["sent_back"] is False
        assert causes(done) == {UNKNOWN: 1, "E: m": 1}
        assert done["regions"][EAST]["failed_batches"]["batches"] == 1

    assert len(east.take("data-processing-dlq")) == 2
    assert east.take("data-processing") == []
    assert east.kept() == [key]


def test_a_long_queue_is_sampled_and_moved_as_a_whole(
    aws: EmbeddedAws,
    east: Queues,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """R-A8."""
    monkeypatch.setattr(dead_letters, "SAMPLE", 12)
    for number in range(30):
        east.bury(announcement(f"orders/{number}.jsonl", "v"))

    done = run(aws, EAST)

    found = done["regions"][EAST]
    assert found["dead_letters"] == {"messages": 30, "looked_at": 12, "causes": {UNKNOWN: 12}}
    assert found["sent_back"]["moved"] == 30
    assert "causes of the first 12:" in capsys.readouterr().out
    assert len(east.take("data-processing")) == 30


def test_a_task_that_is_under_way_is_followed(aws: EmbeddedAws, east: Queues) -> None:
    """R-A8: SQS runs one per queue; a redrive that was interrupted has left it behind."""
    for number in range(3):
        east.bury(announcement(f"orders/{number}.jsonl", "v"))
    east.sqs.start_message_move_task(
        SourceArn=NAMES.queue_arn("data-processing-dlq", EAST),
        DestinationArn=NAMES.queue_arn("data-processing", EAST),
        MaxNumberOfMessagesPerSecond=1,
    )

    region = Region(EAST, ENVIRONMENT, aws.session(), aws.endpoint)

    with Progress("Moving") as progress:
        assert DeadLetters(region).move(progress) == 3

    assert len(east.take("data-processing")) == 3
