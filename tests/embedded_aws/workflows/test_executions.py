"""R-E4, R-E5: executions start once, wait, stop, time out, and are told of."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.state import RUN
from embedded_aws.workflows.errors import StoppedError
from embedded_aws.workflows.history import History
from tests.embedded_aws.functions.making import eventually, make_function, unique
from tests.embedded_aws.workflows.machines import (
    INVOKE,
    at_rest,
    chain,
    ended,
    history,
    kinds,
    make_machine,
    start,
    states,
)
from tests.embedded_aws.workflows.test_tasks import invoke

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded_aws.server import EmbeddedAws

LONG = chain(Rest={"Type": "Wait", "Seconds": 86_400})
SHORT = chain(Rest={"Type": "Wait", "Seconds": 60}, Done={"Type": "Succeed"})
SLOW = "import time\ndef handler(event, context):\n    time.sleep(3)"


@pytest.fixture
def long(aws: EmbeddedAws) -> Iterator[str]:
    """Return a state machine whose executions wait for a day; they are stopped at the end."""
    machine = make_machine(aws, LONG)
    yield machine
    client = states(aws)
    listed = client.list_executions(stateMachineArn=machine, statusFilter="RUNNING")
    for execution in listed["executions"]:
        client.stop_execution(executionArn=execution["executionArn"])


def reached(aws: EmbeddedAws, execution: str, kind: str) -> bool:
    return kinds(aws, execution)[-1] == kind


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return str(refused.value.response["Error"]["Code"])


def test_a_name_starts_one_execution(aws: EmbeddedAws, long: str) -> None:
    first = start(aws, long, {"a": 1}, name="once")

    assert start(aws, long, {"a": 1}, name="once") == first
    begin = states(aws).start_execution
    named = {"stateMachineArn": long, "name": "once"}
    assert refusal(begin, **named, input='{"a": 2}') == "ExecutionAlreadyExists"
    states(aws).stop_execution(executionArn=first)
    assert refusal(begin, **named, input='{"a": 1}') == "ExecutionAlreadyExists"
    assert refusal(begin, stateMachineArn=long, name="a b") == "InvalidName"
    assert refusal(begin, stateMachineArn=long, input="{") == "InvalidExecutionInput"
    assert refusal(begin, stateMachineArn=f"{long}x") == "StateMachineDoesNotExist"


def test_waiting_is_as_long_as_the_time_scale_says(aws: EmbeddedAws) -> None:
    """60 s are 0.6 s; meanwhile the run is not idle."""
    execution = start(aws, make_machine(aws, SHORT))

    assert RUN.pending()["executions"] >= 1
    found = ended(aws, execution)

    assert 0.6 <= (found["stopDate"] - found["startDate"]).total_seconds() < 30
    at_rest()


def test_an_execution_is_stopped_at_once_while_it_waits_and_while_it_calls(
    aws: EmbeddedAws, long: str
) -> None:
    slow = make_machine(aws, chain(Call=invoke(make_function(aws, SLOW))), INVOKE)
    client = states(aws)
    for machine, last in ((long, "WaitStateEntered"), (slow, "TaskStarted")):
        execution = start(aws, machine)
        eventually(partial(reached, aws, execution, last))

        client.stop_execution(executionArn=execution, error="Enough", cause="for now")

        found = client.describe_execution(executionArn=execution)
        assert (found["status"], found["error"], found["cause"]) == ("ABORTED", "Enough", "for now")
        assert kinds(aws, execution)[-1] == "ExecutionAborted"
    at_rest()
    assert kinds(aws, execution)[-1] == "ExecutionAborted"


def test_an_execution_runs_out_of_time(aws: EmbeddedAws) -> None:
    """TimeoutSeconds are AWS's seconds, those that a Wait state skips included."""
    rest = {"Type": "Wait", "Seconds": 40}
    definition = chain(First=rest, Second=rest)
    execution = start(aws, make_machine(aws, {**definition, "TimeoutSeconds": 50}))

    found = ended(aws, execution)

    assert (found["status"], found["error"]) == ("TIMED_OUT", "States.Timeout")
    assert kinds(aws, execution)[-1] == "ExecutionTimedOut"
    assert (found["stopDate"] - found["startDate"]).total_seconds() >= 0.49


def test_a_task_runs_out_of_time_and_is_caught(aws: EmbeddedAws) -> None:
    state = invoke(
        make_function(aws, SLOW),
        TimeoutSeconds=1,
        Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "Late"}],
    )
    definition = chain(Call=state, Late={"Type": "Succeed"})
    execution = start(aws, make_machine(aws, definition, INVOKE))

    assert json.loads(ended(aws, execution)["output"]) == {"Error": "States.Timeout", "Cause": ""}
    assert "TaskTimedOut" in kinds(aws, execution)
    at_rest()


def test_executions_are_listed_the_newest_first_by_status_and_in_pages(
    aws: EmbeddedAws, long: str
) -> None:
    arns = [start(aws, long, name=f"number-{n}") for n in range(5)]
    client = states(aws)
    client.stop_execution(executionArn=arns[1])

    pages = client.get_paginator("list_executions").paginate(
        stateMachineArn=long, statusFilter="RUNNING", PaginationConfig={"PageSize": 2}
    )

    listed = [[each["executionArn"] for each in page["executions"]] for page in pages]
    assert listed == [[arns[4], arns[3]], [arns[2], arns[0]]]
    aborted = client.list_executions(stateMachineArn=long, statusFilter="ABORTED")["executions"]
    assert [each["name"] for each in aborted] == ["number-1"]
    assert aborted[0]["stopDate"] >= aborted[0]["startDate"]
    assert aborted[0]["redriveCount"] == 0


def test_the_history_tells_every_step(aws: EmbeddedAws) -> None:
    execution = start(aws, make_machine(aws, SHORT), {"a": 1})
    ended(aws, execution)
    client = states(aws)

    events = history(aws, execution)

    assert [(event["id"], event["previousEventId"], event["type"]) for event in events] == [
        (1, 0, "ExecutionStarted"),
        (2, 0, "WaitStateEntered"),
        (3, 2, "WaitStateExited"),
        (4, 3, "SucceedStateEntered"),
        (5, 4, "SucceedStateExited"),
        (6, 5, "ExecutionSucceeded"),
    ]
    assert events[0]["executionStartedEventDetails"]["input"] == '{"a": 1}'
    assert events[1]["stateEnteredEventDetails"] == {
        "name": "Rest",
        "input": '{"a":1}',
        "inputDetails": {"truncated": False},
    }
    assert events[5]["executionSucceededEventDetails"]["output"] == '{"a":1}'
    part = client.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=2)
    assert [event["id"] for event in part["events"]] == [6, 5]
    rest = client.get_execution_history(
        executionArn=execution,
        reverseOrder=True,
        nextToken=part["nextToken"],
        includeExecutionData=False,
    )
    assert [event["id"] for event in rest["events"]] == [4, 3, 2, 1]
    assert rest["events"][2]["stateEnteredEventDetails"] == {"name": "Rest"}


def test_nothing_is_added_to_the_history_of_what_is_over() -> None:
    """A state that was about to end when its execution was stopped leaves no event behind it."""
    past = History(lambda _: None)
    past.add("ExecutionAborted", past.add("ExecutionStarted", 0), {})

    with pytest.raises(StoppedError):
        past.add("PassStateExited", 1, {})

    assert past.add("ExecutionRedriven", 2, {"redriveCount": 1}) == 3
    assert past.add("PassStateExited", 3, {}) == 4


def test_a_workflow_that_goes_round_in_circles_ends_with_its_history(aws: EmbeddedAws) -> None:
    """The 25,000th event is the last one ("Service quotas")."""
    execution = start(aws, make_machine(aws, chain(Again={"Type": "Pass", "Next": "Again"})))

    found = ended(aws, execution, 60)

    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
    last = states(aws).get_execution_history(
        executionArn=execution, reverseOrder=True, maxResults=1
    )
    assert [event["id"] for event in last["events"]] == [25_000]


def test_an_execution_keeps_the_definition_that_it_began_with(aws: EmbeddedAws, long: str) -> None:
    execution = start(aws, long)
    client = states(aws)
    client.update_state_machine(stateMachineArn=long, definition=json.dumps(SHORT))

    found = client.describe_state_machine_for_execution(executionArn=execution)

    assert json.loads(found["definition"]) == LONG
    assert json.loads(client.describe_state_machine(stateMachineArn=long)["definition"]) == SHORT


def test_an_express_workflow_runs_while_its_caller_waits(aws: EmbeddedAws) -> None:
    failing = chain(Bad={"Type": "Fail", "Error": "No", "Cause": "never"})
    client = states(aws)
    good = make_machine(aws, SHORT, type="EXPRESS")
    bad = make_machine(aws, failing, type="EXPRESS")

    done = client.start_sync_execution(stateMachineArn=good, name="same", input='{"a": 1}')
    failed = client.start_sync_execution(stateMachineArn=bad)

    assert (done["status"], json.loads(done["output"])) == ("SUCCEEDED", {"a": 1})
    assert done["billingDetails"]["billedDurationInMilliseconds"] >= 600
    assert (failed["status"], failed["error"], failed["cause"]) == ("FAILED", "No", "never")
    again = client.start_execution(stateMachineArn=good, name="same")["executionArn"]
    assert again != done["executionArn"]
    assert again.startswith(good.replace("stateMachine", "express") + ":same:")
    assert refusal(client.describe_execution, executionArn=again) == "InvalidArn"
    unsupported = "StateMachineTypeNotSupported"
    assert refusal(client.list_executions, stateMachineArn=good) == unsupported
    standard = make_machine(aws, failing)
    assert refusal(client.start_sync_execution, stateMachineArn=standard) == unsupported
    at_rest()


def test_an_express_workflow_ends_after_five_minutes(aws: EmbeddedAws) -> None:
    machine = make_machine(aws, LONG, type="EXPRESS")

    assert states(aws).start_sync_execution(stateMachineArn=machine)["status"] == "TIMED_OUT"


def test_a_version_and_an_alias_run_what_was_published(aws: EmbeddedAws) -> None:
    client = states(aws)
    first = chain(Only={"Type": "Pass", "Result": 1})
    made = client.create_state_machine(
        name=unique("machine"),
        definition=json.dumps(first),
        roleArn=client.describe_state_machine(stateMachineArn=make_machine(aws, first))["roleArn"],
        publish=True,
    )
    machine, version = made["stateMachineArn"], made["stateMachineVersionArn"]
    client.update_state_machine(
        stateMachineArn=machine,
        definition=json.dumps(chain(Only={"Type": "Pass", "Result": 2})),
    )
    alias = client.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}]
    )["stateMachineAliasArn"]

    found = [ended(aws, start(aws, arn)) for arn in (machine, version, alias)]

    assert [json.loads(each["output"]) for each in found] == [2, 1, 1]
    assert [each.get("stateMachineVersionArn") for each in found] == [None, version, version]
    assert found[2]["stateMachineAliasArn"] == alias


def test_a_deleted_state_machine_takes_its_executions_out_of_sight(aws: EmbeddedAws) -> None:
    machine = make_machine(aws, SHORT)
    execution = start(aws, machine)

    states(aws).delete_state_machine(stateMachineArn=machine)

    describe = states(aws).describe_execution
    assert refusal(describe, executionArn=execution) == "ExecutionDoesNotExist"
    at_rest()
