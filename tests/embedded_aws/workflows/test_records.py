"""R-E4, B10: executions write their log and their metrics."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.state import RUN
from tests.embedded_aws.functions.making import unique
from tests.embedded_aws.workflows.machines import (
    at_rest,
    chain,
    ended,
    make_machine,
    start,
    states,
    trusting,
)

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

DELIVERY = [
    *("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery"),
    *("logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy"),
    *("logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
]
FAILING = chain(
    Same={"Type": "Pass", "Next": "Bad"},
    Bad={"Type": "Fail", "Error": "No", "Cause": "never"},
)


def logged(aws: EmbeddedAws, definition: dict[str, Any], **settings: Any) -> tuple[str, str]:
    """Return the ARN of a state machine that writes a log, and its log group."""
    group = unique("/aws/vendedlogs/states")
    aws.client("logs").create_log_group(logGroupName=group)
    machine = make_machine(
        aws,
        definition,
        role=trusting(aws, (DELIVERY, "*")),
        loggingConfiguration={**to(arn_of(group)), **settings},
    )
    return machine, group


def arn_of(group: str) -> str:
    return f"arn:aws:logs:us-east-1:{RUN.account}:log-group:{group}:*"


def to(group_arn: str) -> dict[str, Any]:
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": group_arn}}
    return {"level": "ALL", "destinations": [destination]}


def lines(aws: EmbeddedAws, group: str) -> list[dict[str, Any]]:
    at_rest()
    events = aws.client("logs").filter_log_events(logGroupName=group)["events"]
    return [json.loads(event["message"]) for event in events]


def test_every_event_is_written_with_its_data(aws: EmbeddedAws) -> None:
    machine, group = logged(aws, FAILING, level="ALL", includeExecutionData=True)
    execution = start(aws, machine, {"a": 1})

    written = lines(aws, group)

    assert [(each["id"], each["previous_event_id"], each["type"]) for each in written] == [
        ("1", "0", "ExecutionStarted"),
        ("2", "0", "PassStateEntered"),
        ("3", "2", "PassStateExited"),
        ("4", "3", "FailStateEntered"),
        ("5", "4", "ExecutionFailed"),
    ]
    assert written[0]["details"]["input"] == '{"a": 1}'
    assert written[4]["details"] == {"error": "No", "cause": "never"}
    assert {each["execution_arn"] for each in written} == {execution}
    streams = aws.client("logs").describe_log_streams(logGroupName=group)["logStreams"]
    name = machine.split(":")[6]
    expected = rf"states/{name}/\d{{4}}-\d\d-\d\d-\d\d-\d\d/[0-9a-f]{{8}}"
    assert all(re.fullmatch(expected, stream["logStreamName"]) for stream in streams)


@pytest.mark.parametrize(
    ("level", "types"),
    [
        ("ERROR", ["FailStateEntered", "ExecutionFailed"]),
        ("FATAL", ["ExecutionFailed"]),
        ("OFF", []),
    ],
)
def test_a_level_chooses_events_and_data_stays_away(
    aws: EmbeddedAws, level: str, types: list[str]
) -> None:
    machine, group = logged(aws, FAILING, level=level, includeExecutionData=False)
    ended(aws, start(aws, machine, {"a": 1}))

    written = lines(aws, group)

    assert [each["type"] for each in written] == types
    assert all("input" not in each["details"] for each in written)


def test_a_role_that_may_not_deliver_logs_is_refused(aws: EmbeddedAws) -> None:
    group = unique("group")
    role = trusting(aws, ([each for each in DELIVERY if "Put" not in each], "*"))

    with pytest.raises(ClientError, match="not authorized to access the Log Destination"):
        make_machine(aws, FAILING, role=role, loggingConfiguration=to(arn_of(group)))

    name = role.rpartition("/")[2]
    denied = [each.action for each in RUN.denied if each.principal == name]
    assert denied == ["logs:PutResourcePolicy"]
    with pytest.raises(ClientError, match="must end with"):
        make_machine(aws, FAILING, role=role, loggingConfiguration=to(arn_of(group)[:-2]))
    with pytest.raises(ClientError, match="exactly one Log Destination"):
        make_machine(aws, FAILING, role=role, loggingConfiguration={"level": "ALL"})


def test_executions_are_counted_by_how_they_end(aws: EmbeddedAws) -> None:
    rest = {"Type": "Wait", "SecondsPath": "$.seconds"}
    choose = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.fail", "BooleanEquals": True, "Next": "Bad"}],
        "Default": "Done",
    }
    definition = {
        **chain(
            Rest=rest | {"Next": "Ask"}, Ask=choose, Bad={"Type": "Fail"}, Done={"Type": "Succeed"}
        ),
        "TimeoutSeconds": 100,
    }
    machine = make_machine(aws, definition)
    started = [
        start(aws, machine, {"seconds": seconds, "fail": fail})
        for seconds, fail in ((20, False), (20, True), (101, False), (500, False))
    ]
    states(aws).stop_execution(executionArn=started[3])
    for execution in started:
        ended(aws, execution)
    at_rest()

    found = {
        name: total(aws, machine, f"Executions{name}")
        for name in ("Started", "Succeeded", "Failed", "TimedOut", "Aborted")
    }

    assert found == {"Started": 4, "Succeeded": 1, "Failed": 1, "TimedOut": 1, "Aborted": 1}
    assert total(aws, machine, "ExecutionTime", "SampleCount") == 4
    assert total(aws, machine, "ExecutionTime", "Maximum") >= 1000


def test_an_execution_by_alias_counts_for_its_machine_and_for_the_alias(aws: EmbeddedAws) -> None:
    """R-C5: "Dimensions for executions with an alias"; an alarm of the machine sees all."""
    machine = make_machine(aws, chain(Only={"Type": "Pass"}))
    version = states(aws).update_state_machine(
        stateMachineArn=machine, definition=json.dumps(chain(Same={"Type": "Pass"})), publish=True
    )
    route = {"stateMachineVersionArn": version["stateMachineVersionArn"], "weight": 100}
    states(aws).create_state_machine_alias(name="live", routingConfiguration=[route])

    for qualifier in ("", ":live", ":1"):
        ended(aws, start(aws, f"{machine}{qualifier}"))
    at_rest()

    assert total(aws, machine, "ExecutionsSucceeded") == 3
    assert total(aws, machine, "ExecutionsSucceeded", Alias="live") == 1
    assert total(aws, machine, "ExecutionsSucceeded", Version="1") == 1


def total(
    aws: EmbeddedAws, machine: str, metric: str, statistic: str = "Sum", **dimensions: str
) -> float:
    now = datetime.now(UTC)
    points = aws.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/States",
        MetricName=metric,
        Dimensions=[
            {"Name": name, "Value": value}
            for name, value in {"StateMachineArn": machine, **dimensions}.items()
        ],
        StartTime=now - timedelta(minutes=30),
        EndTime=now + timedelta(minutes=30),
        Period=3600,
        Statistics=[statistic],
    )["Datapoints"]
    values = [point[statistic] for point in points]
    if statistic in ("Sum", "SampleCount"):
        return float(sum(values))
    return float(min(values) if statistic == "Minimum" else max(values))
