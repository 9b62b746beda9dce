"""Requests are accepted, once each, whatever happens in between."""

import base64
import hashlib
import json
from typing import Any

import botocore.client
import pytest
from moto.backends import get_backend

from .conftest import ACCOUNT, Api, Crash, connected, event

RECORD = {"id": "a", "total": 1.5}
BODY = {"dataset": "orders", "records": [RECORD, {"id": "b", "total": 2}]}


def end_executions(status: str) -> None:
    """Let all executions have ended."""
    machines: Any = get_backend("stepfunctions")[ACCOUNT]["us-east-1"].state_machines
    for machine in machines:
        for execution in machine.executions:
            execution.status = status


def set_status(api: Api, request_id: str, status: str, **more: dict[str, str]) -> None:
    """What the workflow writes into the ledger."""
    (item,) = (one for one in api.ledger() if one["objectId"]["S"] == f"request/{request_id}")
    api.dynamodb.put_item(
        TableName=api.settings.ledger_table_name, Item={**item, "status": {"S": status}, **more}
    )


COUNTS = {name: {"N": n} for name, n in zip(("read", "stored"), "22", strict=True)} | {
    name: {"N": "0"} for name in ("superseded", "rejected")
}


def test_a_request_is_stored_entered_and_started(api: Api) -> None:
    """R-E5, R-B7: 202 with an id and a link; the execution gets a pointer to the records."""
    given = api.post({**BODY, "notify": {"type": "done", "recipient": "me", "message": "hi"}})

    assert given.status == 202
    state = given.json
    assert state["status"] == "ACCEPTED"
    assert (state["dataset"], state["region"], state["attempt"]) == ("orders", "us-east-1", 1)
    assert state["links"]["self"] == given.headers["Location"] == f"/dev/process/{state['id']}"
    pointer = state["object"]
    assert pointer["key"] == f"requests/orders/{state['id']}.json"
    assert json.loads(api.read_object(pointer)) == BODY["records"]
    (execution,) = api.executions()
    assert execution["name"] == f"{state['id']}-1"
    described = api.workflows.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(described["input"]) == {
        "request": {
            "id": state["id"],
            "dataset": "orders",
            "onInvalid": "reject",
            **pointer,
            "objectId": f"orders/{pointer['key']}#{pointer['versionId']}",
        },
        "notify": {"type": "done", "recipient": "me", "message": "hi"},
    }


def test_the_records_are_stored_as_they_were_written(api: Api) -> None:
    """R-E5: to the byte, one as a document, several as an array, as a file would have them."""
    one = api.post(b'{ "record" : {"id": "x",  "total": 1.10} , "dataset":"orders"}')
    many = api.post(b'{"dataset":"orders","records":[ {"id":"y","total":1e2} ]}')

    assert api.read_object(one.json["object"]) == b'{"id": "x",  "total": 1.10}'
    assert api.read_object(many.json["object"]) == b'[ {"id":"y","total":1e2} ]'


def test_the_object_has_a_checksum(api: Api) -> None:
    """R-F3: with it, S3 takes only what was sent."""
    sent: list[Any] = []
    make: Any = botocore.client.BaseClient._make_api_call

    def noted(self: Any, operation: str, parameters: Any) -> Any:
        sent.extend([parameters] if operation == "PutObject" else [])
        return make(self, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", noted)
        pointer = api.post(BODY).json["object"]

    digest = hashlib.sha256(api.read_object(pointer)).digest()
    assert sent[0]["ChecksumSHA256"] == base64.b64encode(digest).decode()


def test_the_same_request_is_the_same_work(api: Api) -> None:
    """R-E5: neither the order of members nor the way in which a number is written makes another."""
    first = api.post({"dataset": "orders", "record": {"id": "a", "total": 1.5}})
    again = api.post(
        b'{"onInvalid":"reject","dataset":"orders","records":[{"total":1.50,"id":"a"}]}'
    )

    assert again.status == 202
    assert again.json == first.json
    assert len(api.objects()) == len(api.executions()) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"dataset": "orders", "record": {"id": "a", "total": 1.51}},
        {"dataset": "orders", "records": [RECORD, RECORD]},
        {"dataset": "orders", "record": RECORD, "onInvalid": "quarantine"},
        {"dataset": "visits", "record": {**RECORD, "at": "2026-01-01T00:00:00Z"}},
    ],
)
def test_another_request_is_other_work(api: Api, other: dict[str, Any]) -> None:
    """R-E5."""
    first = api.post({"dataset": "orders", "record": RECORD})

    assert api.post(other).json["id"] != first.json["id"]
    assert len(api.executions()) == 2


def test_a_request_that_is_done_is_answered_with_its_accounts(api: Api) -> None:
    """R-E5: 200 when already done; nothing is started again."""
    request_id = api.post(BODY).json["id"]
    set_status(api, request_id, "COMPLETED", **COUNTS)
    end_executions("SUCCEEDED")

    again = api.post(BODY)

    assert again.status == 200
    assert again.json["status"] == "COMPLETED"
    assert again.json["counts"] == {"read": 2, "stored": 2, "superseded": 0, "rejected": 0}
    assert len(api.executions()) == len(api.objects()) == 1


def test_a_request_that_failed_is_begun_anew_when_it_is_repeated(api: Api) -> None:
    """R-E5, R-E4: the next attempt, with the same object."""
    first = api.post(BODY).json
    set_status(api, first["id"], "FAILED", reason={"S": "the table was out"})
    end_executions("FAILED")
    assert api.state(first["id"]).json["reason"] == "the table was out"

    again = api.post(BODY)

    assert (again.status, again.json["attempt"], again.json["status"]) == (202, 2, "ACCEPTED")
    assert again.json["object"] == first["object"]
    assert [each["name"] for each in api.executions()] == [f"{first['id']}-{n}" for n in (1, 2)]


def test_an_execution_that_ended_without_a_word_is_begun_anew(api: Api) -> None:
    """R-F3: one that was stopped or timed out left the ledger as it was."""
    first = api.post(BODY).json
    set_status(api, first["id"], "PROCESSING")
    end_executions("ABORTED")

    again = api.post(BODY)

    assert (again.status, again.json["attempt"]) == (202, 2)
    assert len(api.executions()) == 2


def test_an_execution_that_runs_with_another_notification_is_left_alone(api: Api) -> None:
    """R-E3: of a request that is repeated, the first notification counts."""
    told = {"type": "done", "recipient": "me", "message": "hi"}
    first = api.post({**BODY, "notify": told})
    again = api.post({**BODY, "notify": {**told, "message": "ho"}})

    assert (again.status, again.json) == (202, first.json)
    assert len(api.executions()) == 1


def test_a_key_names_a_request(api: Api) -> None:
    """R-E5: a new key is a new request, with the same records, too."""
    plain = api.post(BODY).json
    first = api.post(BODY, Idempotency_Key="one").json
    again = api.post(BODY, Idempotency_Key="one").json
    other = api.post(BODY, Idempotency_Key="two").json

    assert first == again
    assert len({plain["id"], first["id"], other["id"]}) == 3


def test_a_key_is_for_one_request_only(api: Api) -> None:
    """R-E5: 409, and the first one stands."""
    api.post(BODY, Idempotency_Key="one")

    other = api.post(
        {"dataset": "orders", "record": {"id": "z", "total": 0}}, Idempotency_Key="one"
    )

    assert other.status == 409
    assert other.headers["Content-Type"] == "application/problem+json"
    assert len(api.objects()) == 1


def test_what_the_other_region_has_completed_is_done(api: Api) -> None:
    """R-A10: either region answers."""
    request_id = api.post(BODY).json["id"]
    (item,) = api.ledger()
    other = {**item, **COUNTS, "region": {"S": "us-west-2"}, "status": {"S": "COMPLETED"}}
    api.dynamodb.put_item(TableName=api.settings.ledger_table_name, Item=other)

    assert api.post(BODY).status == 200
    state = api.state(request_id).json
    assert (state["status"], state["region"]) == ("COMPLETED", "us-west-2")


def test_what_the_other_region_has_only_accepted_is_accepted_here_too(api: Api) -> None:
    """R-A10: that region may be lost."""
    api.post(BODY)
    (item,) = api.ledger()
    table, key = api.settings.ledger_table_name, {n: item[n] for n in ("objectId", "region")}
    api.dynamodb.delete_item(TableName=table, Key=key)
    api.dynamodb.put_item(TableName=table, Item={**item, "region": {"S": "us-west-2"}})
    end_executions("ABORTED")

    given = api.post(BODY)

    assert given.status == 202
    assert given.json["region"] == "us-east-1"
    assert {one["region"]["S"] for one in api.ledger()} == {"us-east-1", "us-west-2"}


@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_a_crash_costs_a_repetition_and_nothing_else(
    api: Api, call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3: killed after any call to AWS, the same request ends as if nothing had been."""
    calls: list[str] = []
    make: Any = botocore.client.BaseClient._make_api_call

    def killed(self: Any, operation: str, parameters: Any) -> Any:
        result = make(self, operation, parameters)
        calls.append(operation)
        if len(calls) == call:
            raise Crash
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", killed)
        with pytest.raises(Crash):
            api.post(BODY)
    assert calls == ["Query", "PutObject", "UpdateItem", "StartExecution"][:call]

    given = connected().post(BODY)

    assert given.status == 202
    (item,) = api.ledger()
    (execution,) = api.executions()
    pointer = given.json["object"]
    assert item["versionId"]["S"] == pointer["versionId"]
    assert json.loads(api.read_object(pointer)) == BODY["records"]
    described = api.workflows.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(described["input"])["request"]["versionId"] == pointer["versionId"]
    assert connected().post(BODY).json == given.json


def test_an_unknown_request_is_not_found(api: Api) -> None:
    """R-E5."""
    assert api.state("0" * 32).status == 404
    assert api.state("../x").status == 404


@pytest.mark.parametrize(
    ("status", "told"),
    [("ACCEPTED", "ACCEPTED"), ("VALIDATING", "RUNNING"), ("PROCESSING", "RUNNING")],
)
def test_the_state_of_a_request_is_told(api: Api, status: str, told: str) -> None:
    """R-E5."""
    request_id = api.post(BODY).json["id"]
    set_status(api, request_id, status)

    given = api.state(request_id)

    assert (given.status, given.json["status"]) == (200, told)
    assert given.json["links"]["self"] == f"/dev/process/{request_id}"


def test_an_encoded_body_is_decoded(api: Api) -> None:
    """R-B7: API Gateway encodes bodies of binary media types."""
    body = json.dumps(BODY).encode()
    sent = event("POST", "/process", "/process", body=body, encoded=True)

    assert api.send(sent).json["id"] == api.post(BODY).json["id"]
