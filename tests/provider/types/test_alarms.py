"""Metric alarms with all their attributes, and composite alarms."""

from typing import Any

from tests.provider.conftest import RunningAws, Terraform

TOPIC = "arn:aws:sns:us-east-1:111122223333:watching"


def configuration(**changes: Any) -> dict[str, Any]:
    metric = {"metric_name": "Errors", "namespace": "AWS/Lambda", "period": 60, "stat": "Sum"}
    rate = {
        "alarm_name": "watching-rate",
        "comparison_operator": "GreaterThanThreshold",
        "evaluation_periods": 3,
        "datapoints_to_alarm": 2,
        "threshold": 5,
        "insufficient_data_actions": [TOPIC],
        "metric_query": [
            {
                "id": "rate",
                "expression": changes.get("expression", "IF(calls > 0, errors / calls, 0) * 100"),
                "label": "Errors, percent",
                "return_data": True,
            },
            {
                "id": "errors",
                "account_id": "111122223333",
                "metric": {**metric, "unit": "Count", "dimensions": {"FunctionName": "watching"}},
            },
            {"id": "calls", "metric": {**metric, "metric_name": "Invocations"}},
        ],
    }
    slow = {
        "alarm_name": "watching-slow",
        "comparison_operator": "GreaterThanOrEqualToThreshold",
        "evaluation_periods": 2,
        "extended_statistic": "p99.9",
        "evaluate_low_sample_count_percentiles": "ignore",
        "metric_name": "Duration",
        "namespace": "AWS/Lambda",
        "unit": "Milliseconds",
        "period": changes.get("period", 120),
        "threshold": 900.5,
        "treat_missing_data": "ignore",
        "actions_enabled": False,
    }
    either = {
        "alarm_name": "watching-either",
        "alarm_description": "A release goes back when this is in alarm",
        "alarm_rule": "ALARM(${aws_cloudwatch_metric_alarm.rate.alarm_name}) "
        f"{changes.get('word', 'OR')} ALARM(${{aws_cloudwatch_metric_alarm.slow.arn}})",
        "alarm_actions": [TOPIC],
        "ok_actions": [TOPIC],
        "tags": changes.get("tags", {"Owner": "data"}),
        **changes.get("suppressor", {}),
    }
    return {
        "aws_cloudwatch_metric_alarm": {"rate": rate, "slow": slow},
        "aws_cloudwatch_composite_alarm": {"either": either},
    }


def test_alarms_keep_all_their_attributes(aws: RunningAws, terraform: Terraform) -> None:
    """R-B10, R-F1: expressions, percentiles, rules; changes are those of the configuration."""
    # Given alarms on an expression, on a percentile, and on both
    terraform.lives(resource=configuration())

    # Then AWS has them as configured
    cloudwatch = aws.client("cloudwatch")

    def alarm(name: str) -> dict[str, Any]:
        answer = cloudwatch.describe_alarms(
            AlarmNames=[f"watching-{name}"], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        return dict([*answer["MetricAlarms"], *answer["CompositeAlarms"]][0])

    queries = {query["Id"]: query for query in alarm("rate")["Metrics"]}
    assert queries["rate"]["ReturnData"] is True
    assert queries["errors"]["AccountId"] == "111122223333"
    assert queries["errors"]["MetricStat"]["Unit"] == "Count"
    assert alarm("rate")["InsufficientDataActions"] == [TOPIC]
    assert alarm("slow")["ExtendedStatistic"] == "p99.9"
    assert alarm("slow")["EvaluateLowSampleCountPercentile"] == "ignore"
    assert alarm("slow")["ActionsEnabled"] is False
    arn = terraform.state()["aws_cloudwatch_metric_alarm.slow"]["arn"]
    assert alarm("either")["AlarmRule"] == f"ALARM(watching-rate) OR ALARM({arn})"
    assert alarm("either")["AlarmActions"] == alarm("either")["OKActions"] == [TOPIC]

    # When one setting of each changes, exactly that is planned
    changes = terraform.changes_to(
        resource=configuration(
            expression="errors / calls * 100", period=180, word="AND", tags={"Team": "data"}
        )
    )
    assert {address: names for address, (_, names) in changes.items()} == {
        "aws_cloudwatch_metric_alarm.rate": {"metric_query"},
        "aws_cloudwatch_metric_alarm.slow": {"period"},
        "aws_cloudwatch_composite_alarm.either": {"alarm_rule", "tags", "tags_all"},
    }
    assert " AND " in alarm("either")["AlarmRule"]
    tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm("either")["AlarmArn"])["Tags"]
    assert tags == [{"Key": "Team", "Value": "data"}]

    # When another alarm is to suppress the actions
    suppressor = {"alarm": "watching-slow", "wait_period": 60, "extension_period": 120}
    changes = terraform.changes_to(
        resource=configuration(suppressor={"actions_suppressor": suppressor})
    )
    assert "actions_suppressor" in changes["aws_cloudwatch_composite_alarm.either"][1]
    assert alarm("either")["ActionsSuppressor"] == "watching-slow"
    assert alarm("either")["ActionsSuppressorExtensionPeriod"] == 120

    # When actions are switched off, the provider makes the composite alarm anew
    changes = terraform.changes_to(resource=configuration(suppressor={"actions_enabled": False}))
    assert changes["aws_cloudwatch_composite_alarm.either"][0] == ["delete", "create"]

    # When all is destroyed, the composite alarm goes before those that it looks at
    terraform.is_gone()
    assert cloudwatch.describe_alarms(AlarmNamePrefix="watching-")["MetricAlarms"] == []


def test_wrong_alarms_are_refused_before_a_plan(terraform: Terraform) -> None:
    """R-F1: validate knows words, periods and what excludes each other."""
    alarm = {
        "alarm_name": "wrong",
        "comparison_operator": "GreaterThanThreshold",
        "evaluation_periods": 0,
        "threshold": 1,
        "metric_name": "Errors",
        "namespace": "AWS/Lambda",
        "period": 45,
        "statistic": "Sum",
        "treat_missing_data": "fine",
    }
    query = {"id": "e1", "expression": "1", "return_data": True}
    terraform.write(
        resource={
            "aws_cloudwatch_metric_alarm": {
                "wrong": alarm,
                "both": {**alarm, "metric_query": [query]},
            }
        }
    )
    terraform.init()

    said = terraform.validate()

    assert said.code == 1
    assert "expected treat_missing_data to be one of" in said.text
    assert "got 45" in said.text
    assert "expected evaluation_periods to be at least (1)" in said.text
    assert "metric_query" in said.text


def test_a_rule_that_names_no_alarm_is_refused(terraform: Terraform) -> None:
    """R-B10: PutCompositeAlarm refuses it, and the error says which alarm is missing."""
    composite = {"alarm_name": "lost", "alarm_rule": "ALARM(nowhere)"}
    terraform.write(resource={"aws_cloudwatch_composite_alarm": {"lost": composite}})
    terraform.init()

    said = terraform.apply()

    assert said.code == 1
    assert "alarms [nowhere] in the alarm rule do not exist" in said.text
