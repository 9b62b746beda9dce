"""Queues: their attributes, their messages under concurrency, and redrive."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.sqs.models import Message

from embedded_aws.services import sqs_messages
from tests.embedded_aws.services.eventually import eventually
from tests.embedded_aws.services.slowly import slowly

ACCOUNT, EAST = "123456789012", "us-east-1"


@pytest.fixture
def sqs(aws: Any) -> Any:
    return aws.client("sqs", EAST)


def _arn(name: str) -> str:
    return f"arn:aws:sqs:{EAST}:{ACCOUNT}:{name}"


def _create(sqs: Any, name: str, **attributes: str) -> str:
    url: str = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url


def _redrive(name: str, count: int) -> str:
    return json.dumps({"deadLetterTargetArn": _arn(name), "maxReceiveCount": count})


def test_no_message_goes_to_two_receivers(
    sqs: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3."""
    slowly(monkeypatch, sqs_messages, "_is_dead", 0.002)
    url = _create(sqs, name, VisibilityTimeout="60")
    for start in range(0, 100, 10):
        entries = [{"Id": str(n), "MessageBody": str(n)} for n in range(start, start + 10)]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)

    def receive(_: int) -> list[str]:
        bodies = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            bodies += [message["Body"] for message in messages]
        return bodies

    with ThreadPoolExecutor(8) as pool:
        received = [body for bodies in pool.map(receive, range(8)) for body in bodies]

    assert sorted(received, key=int) == [str(number) for number in range(100)]


def test_messages_sent_while_others_are_deleted_stay(
    sqs: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = _create(sqs, name)
    handles: list[str] = []
    for number in range(40):
        sqs.send_message(QueueUrl=url, MessageBody=f"drop-{number}")
        handles += [
            message["ReceiptHandle"] for message in sqs.receive_message(QueueUrl=url)["Messages"]
        ]
    slowly(monkeypatch, Message, "had_receipt_handle", 0.0002)

    def send(number: int) -> None:
        sqs.send_message(QueueUrl=url, MessageBody=f"keep-{number}")

    def delete(handle: str) -> None:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)

    with ThreadPoolExecutor(8) as pool:
        work = []
        for number, handle in enumerate(handles):
            work += [pool.submit(delete, handle), pool.submit(send, number)]
        for done in work:
            done.result()

    kept = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        kept += [message["Body"] for message in messages]
    assert sorted(kept) == sorted(f"keep-{number}" for number in range(40))


def test_a_message_is_received_as_often_as_the_redrive_policy_says(sqs: Any, name: str) -> None:
    """R-A8."""
    dead = _create(sqs, f"{name}-dead")
    url = _create(sqs, name, VisibilityTimeout="0", RedrivePolicy=_redrive(f"{name}-dead", 3))
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    counts = []
    while messages := sqs.receive_message(QueueUrl=url, AttributeNames=["All"]).get("Messages"):
        counts.append(messages[0]["Attributes"]["ApproximateReceiveCount"])
    assert counts == ["1", "2", "3"]
    (buried,) = sqs.receive_message(QueueUrl=dead)["Messages"]
    assert buried["Body"] == "poison"


def test_a_waiting_receiver_gets_a_message_when_it_comes(sqs: Any, name: str) -> None:
    url = _create(sqs, name)
    found: list[str] = []

    def wait() -> None:
        answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
        found.extend(message["Body"] for message in answer.get("Messages", []))

    receiver = threading.Thread(target=wait)
    receiver.start()
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    receiver.join(timeout=15)
    assert found == ["hello"]


def test_a_delayed_message_is_not_there_at_once(sqs: Any, name: str) -> None:
    url = _create(sqs, name)
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=900)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesDelayed"] == "1"


def test_a_move_task_brings_dead_letters_back(sqs: Any, name: str) -> None:
    """R-A8."""
    dead = _create(sqs, f"{name}-dead")
    url = _create(sqs, name, VisibilityTimeout="0", RedrivePolicy=_redrive(f"{name}-dead", 1))
    for number in range(25):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    while sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        pass
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})

    handle = sqs.start_message_move_task(SourceArn=_arn(f"{name}-dead"))["TaskHandle"]

    def state() -> dict[str, Any]:
        (task,) = sqs.list_message_move_tasks(SourceArn=_arn(f"{name}-dead"))["Results"]
        return dict(task)

    assert handle
    assert eventually(lambda: state()["Status"] == "COMPLETED")
    assert state()["ApproximateNumberOfMessagesMoved"] == 25
    bodies = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [message["Body"] for message in messages]
    assert sorted(bodies, key=int) == [str(number) for number in range(25)]
    assert "Messages" not in sqs.receive_message(QueueUrl=dead)


def test_a_move_task_needs_a_dead_letter_queue(sqs: Any, name: str) -> None:
    _create(sqs, name)
    with pytest.raises(ClientError, match="Dead Letter Queue"):
        sqs.start_message_move_task(SourceArn=_arn(name))


def test_attributes_come_back_as_they_were_put(sqs: Any, name: str) -> None:
    _create(
        sqs,
        f"{name}-dead",
        RedriveAllowPolicy=json.dumps(
            {"redrivePermission": "byQueue", "sourceQueueArns": [_arn(name)]}
        ),
    )
    policy = {"Version": "2012-10-17", "Statement": []}
    wanted = {
        "VisibilityTimeout": "1800",
        "MessageRetentionPeriod": "1209600",
        "DelaySeconds": "5",
        "ReceiveMessageWaitTimeSeconds": "20",
        "MaximumMessageSize": "262144",
        "RedrivePolicy": _redrive(f"{name}-dead", 5),
        "SqsManagedSseEnabled": "true",
        "Policy": json.dumps(
            policy
            | {
                "Statement": [
                    {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": _arn(name)}
                ]
            }
        ),
    }
    url = _create(sqs, name, **wanted)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "6"})
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    for key in ("RedrivePolicy", "Policy"):
        assert json.loads(found.pop(key)) == json.loads(wanted.pop(key))
    assert {key: found[key] for key in wanted} == wanted | {"DelaySeconds": "6"}
    assert found["QueueArn"] == _arn(name)
    assert found["CreatedTimestamp"].isdigit()
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": "", "RedrivePolicy": "", "KmsMasterKeyId": "alias/x"}
    )
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["SqsManagedSseEnabled"] == "false"
    assert found["KmsMasterKeyId"] == "alias/x"
    assert {"Policy", "RedrivePolicy"}.isdisjoint(found)


def test_a_dead_letter_queue_may_refuse_its_sources(sqs: Any, name: str) -> None:
    allow = json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [_arn(name)]})
    url = _create(sqs, f"{name}-dead", RedriveAllowPolicy=allow)
    _create(sqs, name, RedrivePolicy=_redrive(f"{name}-dead", 5))
    with pytest.raises(ClientError, match="RedriveAllowPolicy"):
        _create(sqs, f"{name}-other", RedrivePolicy=_redrive(f"{name}-dead", 5))
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedriveAllowPolicy"])
    assert json.loads(found["Attributes"]["RedriveAllowPolicy"]) == json.loads(allow)
    urls = sqs.list_dead_letter_source_queues(QueueUrl=url)["queueUrls"]
    assert [found.rsplit("/", 1)[1] for found in urls] == [name]


def test_the_handle_of_an_earlier_receive_neither_deletes_nor_hides(sqs: Any, name: str) -> None:
    """A consumer that outlived its visibility timeout must not take the message from the next."""
    url = _create(sqs, name, VisibilityTimeout="60")
    sqs.send_message(QueueUrl=url, MessageBody="m")
    early = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"][0]["ReceiptHandle"]
    late = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]

    sqs.delete_message(QueueUrl=url, ReceiptHandle=early)
    with pytest.raises(ClientError, match="ReceiptHandleIsInvalid"):
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=early, VisibilityTimeout=0)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)

    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=late, VisibilityTimeout=0)
    last = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=last)
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "0"
