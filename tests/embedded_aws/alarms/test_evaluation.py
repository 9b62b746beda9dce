"""R-B10: metric alarms change their state by what they watch.

Oracles: CloudWatch API reference, "PutMetricAlarm"; CloudWatch User Guide, "Alarm evaluation".
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.state import RUN
from tests.embedded_aws.alarms.watching import (
    HOUR,
    described,
    evaluate,
    feed,
    history,
    make_alarm,
)
from tests.embedded_aws.functions.making import call, eventually, make_function, make_queue, unique

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

RATE: list[dict[str, Any]] = [
    {"Id": "rate", "Expression": "IF(calls > 0, errors / calls, 0) * 100", "Label": "Rate"},
    {"Id": "errors", "ReturnData": False},
    {"Id": "calls", "ReturnData": False},
]


def on_rate(namespace: str, **changes: Any) -> list[dict[str, Any]]:
    queries: list[dict[str, Any]] = [{**RATE[0], **changes}]
    for query in RATE[1:]:
        metric = {"Namespace": namespace, "MetricName": query["Id"]}
        queries.append({**query, "MetricStat": {"Metric": metric, "Period": HOUR, "Stat": "Sum"}})
    return queries


def test_an_alarm_begins_without_data_and_says_why_it_changed(aws: EmbeddedAws) -> None:
    """R-B10: reasons as CloudWatch writes them, with the values."""
    name = make_alarm(aws, Threshold=10)
    first = described(aws, name)
    assert first["StateValue"] == "INSUFFICIENT_DATA"
    assert first["StateReason"] == "Unchecked: Initial alarm creation"

    feed(aws, name, 3, 4)
    assert evaluate(aws)[name] == "OK"
    feed(aws, name, 5)
    assert evaluate(aws)[name] == "ALARM"

    alarm = described(aws, name)
    assert alarm["StateReason"].startswith(
        "Threshold Crossed: 1 out of the last 1 datapoints [12.0 ("
    )
    assert alarm["StateReason"].endswith(
        ")] was greater than or equal to the threshold (10.0) (minimum 1 datapoint for OK -> ALARM "
        "transition)."
    )
    data = json.loads(alarm["StateReasonData"])
    assert (data["period"], data["statistic"]) == (HOUR, "Sum")
    assert (data["recentDatapoints"], data["threshold"]) == ([12.0], 10.0)
    assert alarm["StateUpdatedTimestamp"] > first["StateUpdatedTimestamp"]
    assert history(aws, name) == [
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
    ]
    assert history(aws, name, "ConfigurationUpdate") == [f'Alarm "{name}" created']


@pytest.mark.parametrize(
    ("operator", "value", "state"),
    [
        ("GreaterThanThreshold", 10, "OK"),
        ("GreaterThanThreshold", 11, "ALARM"),
        ("GreaterThanOrEqualToThreshold", 10, "ALARM"),
        ("LessThanThreshold", 10, "OK"),
        ("LessThanThreshold", 9, "ALARM"),
        ("LessThanOrEqualToThreshold", 10, "ALARM"),
    ],
)
def test_the_operator_compares_with_the_threshold(
    aws: EmbeddedAws, operator: str, value: float, state: str
) -> None:
    """R-B10: the value is the first operand."""
    name = make_alarm(aws, ComparisonOperator=operator)
    feed(aws, name, value)
    assert evaluate(aws)[name] == state


def test_statistics_and_percentiles_are_watched(aws: EmbeddedAws) -> None:
    """R-B10: one value out of a hundred is high: the maximum and p99.5 see it, p90 does not."""
    states = {}
    for statistic in ("Maximum", "Average", "p99.5", "p90"):
        kind = "ExtendedStatistic" if statistic.startswith("p") else "Statistic"
        name = make_alarm(aws, **{kind: statistic})
        feed(aws, name, *[1.0] * 99, 50.0)
        states[statistic] = evaluate(aws)[name]
    assert states == {"Maximum": "ALARM", "Average": "OK", "p99.5": "ALARM", "p90": "OK"}


def test_a_percentile_of_few_samples_can_be_ignored(aws: EmbeddedAws) -> None:
    """R-B10: EvaluateLowSampleCountPercentile: below 10/(1-p) values the state stays."""
    name = make_alarm(aws, ExtendedStatistic="p90", EvaluateLowSampleCountPercentile="ignore")
    feed(aws, name, *[50.0] * 99)
    assert evaluate(aws)[name] == "INSUFFICIENT_DATA"
    feed(aws, name, 50.0)
    assert evaluate(aws)[name] == "ALARM"


def test_an_expression_is_watched(aws: EmbeddedAws) -> None:
    """R-B10: the error rate of calls, in percent."""
    space = unique("Rate")
    name = make_alarm(aws, Metrics=on_rate(space), Threshold=5)
    feed(aws, space, 1, metric="errors")
    feed(aws, space, *[1] * 25, metric="calls")
    assert evaluate(aws)[name] == "OK"
    feed(aws, space, 1, metric="errors")
    assert evaluate(aws)[name] == "ALARM"
    assert "[8.0 (" in described(aws, name)["StateReason"]


def test_what_cannot_be_computed_is_told_in_the_report(aws: EmbeddedAws) -> None:
    """R-B10: the alarm keeps its state."""
    name = make_alarm(aws, Metrics=on_rate(unique("Rate"), Expression="RATE(errors) + calls"))
    assert evaluate(aws)[name] == "INSUFFICIENT_DATA"
    assert any(name in notice and "RATE is not computed" in notice for notice in RUN.notices)


@pytest.mark.parametrize(
    ("treatment", "state"),
    [
        ("missing", "INSUFFICIENT_DATA"),
        ("ignore", "INSUFFICIENT_DATA"),
        ("breaching", "ALARM"),
        ("notBreaching", "OK"),
    ],
)
def test_no_data_is_treated_as_configured(aws: EmbeddedAws, treatment: str, state: str) -> None:
    """R-B10: for a new alarm, whose state is INSUFFICIENT_DATA."""
    name = make_alarm(aws, TreatMissingData=treatment)
    assert evaluate(aws)[name] == state
    reason = described(aws, name)["StateReason"]
    word = {"breaching": "Breaching", "notBreaching": "NonBreaching"}.get(treatment)
    if word:
        assert reason == (
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint "
            f"was treated as [{word}]."
        )


def test_an_alarm_goes_and_comes_by_itself_in_compressed_time(aws: EmbeddedAws) -> None:
    """R-B10, R-E6: a period of a minute lasts 0.6 seconds; nobody asks for an evaluation."""
    name = make_alarm(aws, Period=60, Threshold=1, TreatMissingData="notBreaching")
    eventually(lambda: described(aws, name)["StateValue"] == "OK")
    feed(aws, name, 1)
    eventually(lambda: described(aws, name)["StateValue"] == "ALARM")
    eventually(lambda: described(aws, name)["StateValue"] == "OK")
    assert history(aws, name)[-2:] == [
        "Alarm updated from OK to ALARM",
        "Alarm updated from ALARM to OK",
    ]


def test_so_many_of_the_last_periods_must_breach(aws: EmbeddedAws) -> None:
    """R-B10: 2 of 3: one bad minute is none, a second one is."""
    settings = {"EvaluationPeriods": 3, "DatapointsToAlarm": 2, "TreatMissingData": "notBreaching"}
    name = make_alarm(aws, Period=600, Threshold=1, **settings)
    feed(aws, name, 1)
    assert evaluate(aws)[name] == "OK"
    time.sleep(6.2)  # the next period of 10 minutes
    feed(aws, name, 1)
    assert evaluate(aws)[name] == "ALARM"


def test_an_update_keeps_the_state(aws: EmbeddedAws) -> None:
    """R-B10: "its state is left unchanged, but the update completely overwrites" the rest."""
    name = make_alarm(aws, AlarmDescription="first")
    feed(aws, name, 20)
    assert evaluate(aws)[name] == "ALARM"
    make_alarm(aws, AlarmName=name, Threshold=15)
    alarm = described(aws, name)
    assert (alarm["StateValue"], alarm["Threshold"]) == ("ALARM", 15.0)
    assert "AlarmDescription" not in alarm
    assert evaluate(aws)[name] == "ALARM"
    assert len(history(aws, name)) == 1


def test_the_errors_of_a_function_raise_an_alarm(aws: EmbeddedAws) -> None:
    """R-B10, R-E6: what a release that rolls itself back watches."""
    function = make_function(aws, "def handler(e, c): raise ValueError('bad release')")
    name = make_alarm(
        aws,
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        Period=60,
        Threshold=1,
        TreatMissingData="notBreaching",
    )
    eventually(lambda: described(aws, name)["StateValue"] == "OK")
    call(aws, function)
    eventually(lambda: described(aws, name)["StateValue"] == "ALARM")


def test_messages_in_a_dead_letter_queue_raise_an_alarm(aws: EmbeddedAws) -> None:
    """R-C5: as long as they lie there, and no longer."""
    url, arn = make_queue(aws)
    name = make_alarm(
        aws,
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": arn.split(":")[5]}],
        Statistic="Maximum",
        Period=60,
        Threshold=1,
    )
    eventually(lambda: described(aws, name)["StateValue"] == "OK")
    aws.client("sqs").send_message(QueueUrl=url, MessageBody="dead")
    eventually(lambda: described(aws, name)["StateValue"] == "ALARM")
    time.sleep(2)
    assert described(aws, name)["StateValue"] == "ALARM"
    aws.client("sqs").purge_queue(QueueUrl=url)
    eventually(lambda: described(aws, name)["StateValue"] == "OK")
    assert len(history(aws, name)) == 3


def test_a_table_without_failures_keeps_its_alarms_as_they_are(aws: EmbeddedAws) -> None:
    """R-B10: missing data of AWS/DynamoDB is ignored unless something else is configured."""
    names = {
        treatment: make_alarm(
            aws,
            Namespace="AWS/DynamoDB",
            MetricName=unique("m"),
            **({} if treatment is None else {"TreatMissingData": treatment}),
        )
        for treatment in (None, "missing")
    }
    for name in names.values():
        aws.client("cloudwatch").set_alarm_state(
            AlarmName=name, StateValue="OK", StateReason="begin"
        )
    states = evaluate(aws)
    assert states[names[None]] == "OK"
    assert states[names["missing"]] == "INSUFFICIENT_DATA"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm"),
        ({"Period": HOUR, "EvaluationPeriods": 200}, "more than a day"),
        ({"Period": 45}, "multiple of 60"),
        ({"ExtendedStatistic": "p99", "Statistic": "Sum"}, "Exactly one of Statistic"),
        ({"Metrics": on_rate("x"), "MetricName": "m"}, "Exactly one of MetricName"),
        ({"Metrics": on_rate("x", ReturnData=False)}, "exactly one metric"),
    ],
)
def test_wrong_alarms_are_refused(aws: EmbeddedAws, wrong: dict[str, Any], said: str) -> None:
    """R-B10: with CloudWatch's ValidationError."""
    with pytest.raises(ClientError, match=said) as refused:
        make_alarm(aws, **wrong)
    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_alarms_are_found_by_what_is_asked_for(aws: EmbeddedAws) -> None:
    """R-B10: prefix, state, kind; page by page."""
    client, prefix = aws.client("cloudwatch"), unique("page")
    for number in range(3):
        make_alarm(aws, AlarmName=f"{prefix}-{number}")
    client.put_composite_alarm(AlarmName=f"{prefix}-all", AlarmRule="TRUE")
    pages = client.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=prefix, PaginationConfig={"PageSize": 2}
    )
    sizes = [[alarm["AlarmName"] for alarm in page["MetricAlarms"]] for page in pages]
    assert sizes == [[f"{prefix}-0", f"{prefix}-1"], [f"{prefix}-2"]]
    feed(aws, f"{prefix}-1", 99)
    evaluate(aws)
    found = client.describe_alarms(
        AlarmNamePrefix=prefix, StateValue="ALARM", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    assert [alarm["AlarmName"] for alarm in found["MetricAlarms"]] == [f"{prefix}-1"]
    assert [alarm["AlarmName"] for alarm in found["CompositeAlarms"]] == [f"{prefix}-all"]
