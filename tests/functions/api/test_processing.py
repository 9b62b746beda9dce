"""Requests are accepted, once each, whatever happens in between."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import botocore.client
import pytest
from botocore.exceptions import ConnectTimeoutError
from moto.backends import get_backend

from shared.timestamps import utc_text

from .conftest import ACCOUNT, DEFINITION, ROLE, Api, Crash, connected, event

RECORD = {"id": "a", "total": 1.5}
BODY = {"dataset": "orders", "records": [RECORD, {"id": "b", "total": 2}]}


def end_executions(status: str, region: str = "us-east-1", **more: str) -> None:
    """Let all executions of a region have ended."""
    machines: Any = get_backend("stepfunctions")[ACCOUNT][region].state_machines
    for execution in (each for machine in machines for each in machine.executions):
        execution.status = status
        vars(execution).update(more if status == "FAILED" else {})


def move(api: Api, region: str) -> None:
    """Let the request be one of that region."""
    (item,) = api.ledger()
    if item["region"]["S"] == region:
        return
    client = boto3.client("stepfunctions", region_name=region)
    machine = client.create_state_machine(
        name="serverless-process-records-dev", definition=DEFINITION, roleArn=ROLE
    )
    name = item["executionArn"]["S"].rpartition(":")[2]
    started = client.start_execution(stateMachineArn=machine["stateMachineArn"], name=name)
    table = api.settings.ledger_table_name
    key = {name: item[name] for name in ("objectId", "region")}
    api.dynamodb.delete_item(TableName=table, Key=key)
    changed = {"region": {"S": region}, "executionArn": {"S": started["executionArn"]}}
    api.dynamodb.put_item(TableName=table, Item={**item, **changed})


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


ENDED = {
    "ABORTED": "was stopped",
    "TIMED_OUT": "took longer than it may",
    "FAILED": "failed. ValidationError: why",
}
LONG_AGO = {"S": "2026-01-01T00:00:00.000000Z"}


@pytest.mark.parametrize("status", ENDED)
@pytest.mark.parametrize("region", ["us-east-1", "us-west-2"])
def test_a_request_whose_execution_has_ended_does_not_run(
    api: Api, status: str, region: str
) -> None:
    """R-E5, R-A10: also where it ended without telling the ledger; either region is asked."""
    request_id = api.post(BODY).json["id"]
    set_status(api, request_id, "PROCESSING", updatedAt=LONG_AGO)
    assert api.state(request_id).json["status"] == "RUNNING"
    move(api, region)
    end_executions(status, region, error="ValidationError", cause="why")

    given = api.state(request_id)

    assert given.status == 200
    assert (given.json["status"], given.json["region"]) == ("FAILED", region)
    assert ENDED[status] in given.json["reason"]
    (item,) = api.ledger()
    assert item["status"]["S"] == "PROCESSING", "reading writes nothing"


@pytest.mark.parametrize("status", ["RUNNING", "PENDING_REDRIVE", "SUCCEEDED"])
def test_a_request_whose_execution_goes_on_runs(api: Api, status: str) -> None:
    """R-E5: and one that is done, when the other region's item is still on its way."""
    request_id = api.post(BODY).json["id"]
    set_status(api, request_id, "PROCESSING", updatedAt=LONG_AGO)
    end_executions(status)

    assert api.state(request_id).json["status"] == "RUNNING"


def test_a_request_that_was_never_started_is_still_accepted(api: Api) -> None:
    """R-F3: the function died before; whoever repeats the request starts it."""
    request_id = api.post(BODY).json["id"]
    arn = {"S": f"{api.executions()[0]['executionArn']}0"}
    set_status(api, request_id, "ACCEPTED", updatedAt=LONG_AGO, executionArn=arn)

    assert api.state(request_id).json["status"] == "ACCEPTED"


def test_states_are_told_while_step_functions_is_out(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3: as the ledger has them."""
    request_id = api.post(BODY).json["id"]
    set_status(api, request_id, "PROCESSING", updatedAt=LONG_AGO)
    make: Any = botocore.client.BaseClient._make_api_call

    def call(self: Any, operation: str, parameters: Any) -> Any:
        if operation == "DescribeExecution":
            raise ConnectTimeoutError(endpoint_url="https://states.example.com")
        return make(self, operation, parameters)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)

    given = api.state(request_id)

    assert (given.status, given.json["status"]) == (200, "RUNNING")


def age(api: Api, hours: float) -> None:
    """Let all requests have been accepted so long ago."""
    moment = {"S": utc_text(datetime.now(UTC) - timedelta(hours=hours))}
    for item in api.ledger():
        api.dynamodb.put_item(
            TableName=api.settings.ledger_table_name, Item={**item, "acceptedAt": moment}
        )


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "PROCESSING"])
@pytest.mark.parametrize("key", [{}, {"Idempotency_Key": "one"}])
def test_after_a_while_the_same_request_is_new_work(
    api: Api, status: str, key: dict[str, str]
) -> None:
    """R-E5: what was sent, changed by others, and sent again must not be passed over for ever."""
    first = api.post(BODY, **key).json
    set_status(api, first["id"], status, **COUNTS, reason={"S": "why"})
    end_executions("SUCCEEDED")
    age(api, 23.9)
    assert api.post(BODY, **key).json["object"] == first["object"]
    set_status(api, first["id"], status, **COUNTS, reason={"S": "why"})
    end_executions("SUCCEEDED")
    age(api, 24.1)

    again = api.post(BODY, **key)

    assert again.status == 202
    assert (again.json["id"], again.json["status"]) == (first["id"], "ACCEPTED")
    assert again.json["object"]["versionId"] != first["object"]["versionId"]
    assert {"counts", "reason"}.isdisjoint(again.json)
    assert len(api.objects()) == 2
    last = api.executions()[-1]
    described = api.workflows.describe_execution(executionArn=last["executionArn"])
    told = json.loads(described["input"])["request"]
    assert told["versionId"] == again.json["object"]["versionId"]
    assert api.state(first["id"]).json == again.json


def test_a_key_is_free_again_after_a_while(api: Api) -> None:
    """R-E5."""
    api.post(BODY, Idempotency_Key="one")
    age(api, 24.1)

    other = api.post({"dataset": "orders", "record": RECORD}, Idempotency_Key="one")

    assert other.status == 202


def test_how_long_is_a_setting(surroundings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-E5, R-E1."""
    monkeypatch.setenv("API_IDEMPOTENCY_HOURS", "1")
    api = connected()
    first = api.post(BODY).json
    age(api, 1.1)

    assert api.post(BODY).json["object"] != first["object"]


def test_what_the_other_region_did_long_ago_is_not_told_of_a_new_request(api: Api) -> None:
    """R-A10: each region has an item of its own."""
    request_id = api.post(BODY).json["id"]
    (item,) = api.ledger()
    other = {**item, **COUNTS, "region": {"S": "us-west-2"}, "status": {"S": "COMPLETED"}}
    table, key = api.settings.ledger_table_name, {n: item[n] for n in ("objectId", "region")}
    api.dynamodb.put_item(TableName=table, Item=other)
    api.dynamodb.delete_item(TableName=table, Key=key)
    age(api, 24.1)

    assert api.post(BODY).status == 202
    state = api.state(request_id).json
    assert (state["status"], state["region"]) == ("ACCEPTED", "us-east-1")


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


def test_a_key_is_the_datasets_own(api: Api) -> None:
    """R-E5: teams that do not know of each other may count from one."""
    orders = api.post({"dataset": "orders", "record": RECORD}, Idempotency_Key="1")
    record = {**RECORD, "at": "2026-01-01T00:00:00Z"}
    visits = api.post({"dataset": "visits", "record": record}, Idempotency_Key="1")

    assert (orders.status, visits.status) == (202, 202)
    assert orders.json["id"] != visits.json["id"]


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
