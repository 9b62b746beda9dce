"""Log groups, alarms, dashboards, topics and API Gateway's account settings."""

import json
from typing import Any

from tests.provider.conftest import RunningAws, Terraform


def configuration(**changes: Any) -> dict[str, Any]:
    period = changes.get("period", 300)
    errors = {
        "alarm_name": "observing-errors",
        "alarm_description": "Errors of the processor",
        "comparison_operator": "GreaterThanOrEqualToThreshold",
        "evaluation_periods": 1,
        "metric_name": "Errors",
        "namespace": "AWS/Lambda",
        "dimensions": {"FunctionName": "observing"},
        "period": period,
        "statistic": "Sum",
        "threshold": changes.get("threshold", 1),
        "treat_missing_data": "notBreaching",
        "alarm_actions": ["${aws_sns_topic.alerts.arn}"],
        "ok_actions": ["${aws_sns_topic.alerts.arn}"],
        "tags": changes.get("tags", {"Owner": "data"}),
    }
    metric = {
        "metric_name": "Errors",
        "namespace": "AWS/Lambda",
        "dimensions": {"FunctionName": "observing"},
        "period": 60,
        "stat": "Sum",
    }
    rate = {
        "alarm_name": "observing-rate",
        "comparison_operator": "GreaterThanThreshold",
        "evaluation_periods": 2,
        "datapoints_to_alarm": 2,
        "threshold": 0.5,
        "metric_query": [
            {"id": "e1", "expression": "m1/m2", "label": "rate", "return_data": True},
            {"id": "m1", "metric": metric},
            {"id": "m2", "metric": {**metric, "metric_name": "Invocations"}},
        ],
    }
    widgets = [{"type": "text", "properties": {"markdown": changes.get("text", "hello")}}]
    return {
        "aws_sns_topic": {
            "alerts": {
                "name": "observing-alerts",
                "kms_master_key_id": "alias/aws/sns",
                "display_name": changes.get("display", "Alerts"),
                "tags": {"Owner": "data"},
            }
        },
        "aws_sns_topic_policy": {
            "alerts": {
                "arn": "${aws_sns_topic.alerts.arn}",
                "policy": json.dumps(
                    {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Sid": "Alarms",
                                "Effect": "Allow",
                                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                                "Action": "sns:Publish",
                                "Resource": "${aws_sns_topic.alerts.arn}",
                            }
                        ],
                    }
                ),
            }
        },
        "aws_sqs_queue": {"alerts": {"name": "observing-queue"}},
        "aws_sns_topic_subscription": {
            "queue": {
                "topic_arn": "${aws_sns_topic.alerts.arn}",
                "protocol": "sqs",
                "endpoint": "${aws_sqs_queue.alerts.arn}",
                "raw_message_delivery": changes.get("raw", True),
                "filter_policy": json.dumps({"level": ["critical"]}),
            }
        },
        "aws_cloudwatch_metric_alarm": {"errors": errors, "rate": rate},
        "aws_cloudwatch_dashboard": {
            "this": {
                "dashboard_name": "observing",
                "dashboard_body": json.dumps({"widgets": widgets}),
            }
        },
        "aws_cloudwatch_log_group": {
            "this": {
                "name": "/aws/lambda/observing",
                "retention_in_days": changes.get("days", 7),
                "tags": {"Owner": "data"},
            },
            "kept": {"name_prefix": "/observing/kept-", "skip_destroy": True},
        },
    }


def test_what_observes_lives(aws: RunningAws, terraform: Terraform) -> None:
    """R-A12, R-B9, R-B10: retention, alarms, dashboard, topic, policy, subscription."""
    # Given log groups, alarms, a dashboard and a topic with a subscription
    terraform.lives(resource=configuration())

    # Then AWS has them as configured
    logs, cloudwatch, sns = aws.client("logs"), aws.client("cloudwatch"), aws.client("sns")
    state = terraform.state()
    group = state["aws_cloudwatch_log_group.this"]
    assert group["arn"] == f"arn:aws:logs:us-east-1:{aws.account}:log-group:/aws/lambda/observing"

    def retention() -> int:
        answer = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/observing")
        return int(answer["logGroups"][0]["retentionInDays"])

    def alarm(name: str) -> dict[str, Any]:
        answer = cloudwatch.describe_alarms(AlarmNames=[f"observing-{name}"])
        return dict(answer["MetricAlarms"][0])

    assert retention() == 7
    topic = state["aws_sns_topic.alerts"]["arn"]
    assert alarm("errors")["AlarmActions"] == alarm("errors")["OKActions"] == [topic]
    assert alarm("errors")["TreatMissingData"] == "notBreaching"
    assert alarm("errors")["Dimensions"] == [{"Name": "FunctionName", "Value": "observing"}]
    assert [query["Id"] for query in alarm("rate")["Metrics"]] == ["e1", "m1", "m2"]
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert json.loads(attributes["Policy"])["Statement"][0]["Sid"] == "Alarms"
    assert attributes["KmsMasterKeyId"] == "alias/aws/sns"
    subscription = state["aws_sns_topic_subscription.queue"]["arn"]
    assert subscription.startswith(f"{topic}:")

    # When one setting of each changes, exactly that is planned
    changes = terraform.changes_to(
        resource=configuration(days=30, threshold=5, text="bye", display="Critical", raw=False)
    )
    assert {address: names for address, (_, names) in changes.items()} == {
        "aws_cloudwatch_log_group.this": {"retention_in_days"},
        "aws_cloudwatch_metric_alarm.errors": {"threshold"},
        "aws_cloudwatch_dashboard.this": {"dashboard_body"},
        "aws_sns_topic.alerts": {"display_name"},
        "aws_sns_topic_subscription.queue": {"raw_message_delivery"},
    }
    assert retention() == 30
    assert alarm("errors")["Threshold"] == 5
    body = cloudwatch.get_dashboard(DashboardName="observing")["DashboardBody"]
    assert "bye" in body
    answer = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert answer["RawMessageDelivery"] == "false"
    assert answer["FilterPolicy"] == json.dumps({"level": ["critical"]})

    # When logs are kept for good, and an alarm's tags change
    terraform.changes_to(resource=configuration(days=0, tags={"Team": "data"}))
    answer = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/observing")
    assert "retentionInDays" not in answer["logGroups"][0]
    tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm("errors")["AlarmArn"])["Tags"]
    assert tags == [{"Key": "Team", "Value": "data"}]

    # When somebody deletes the alarm, it is planned back
    cloudwatch.delete_alarms(AlarmNames=["observing-rate"])
    assert terraform.changes()["aws_cloudwatch_metric_alarm.rate"][0] == ["create"]

    # When all is destroyed, only the group that is to be kept is left
    kept = state["aws_cloudwatch_log_group.kept"]["name"]
    terraform.is_gone()
    answer = logs.describe_log_groups(logGroupNamePrefix="/")
    names = [one["logGroupName"] for one in answer["logGroups"]]
    assert kept in names
    assert "/aws/lambda/observing" not in names
    assert cloudwatch.describe_alarms(AlarmNamePrefix="observing-")["MetricAlarms"] == []
    assert [one for one in sns.list_topics()["Topics"] if one["TopicArn"] == topic] == []
    logs.delete_log_group(logGroupName=kept)


def test_a_log_group_says_what_the_embedded_aws_lacks(
    aws: RunningAws, terraform: Terraform
) -> None:
    """R-F1: another class is another group; another key is an error that names the operation."""

    def group(**settings: Any) -> dict[str, Any]:
        return {"aws_cloudwatch_log_group": {"this": {"name": "lacking", **settings}}}

    key = f"arn:aws:kms:us-east-1:{aws.account}:key/"
    terraform.lives(resource=group(kms_key_id=f"{key}one"))
    changes = terraform.changes_to(
        resource=group(kms_key_id=f"{key}one", log_group_class="INFREQUENT_ACCESS")
    )
    assert changes["aws_cloudwatch_log_group.this"][0] == ["delete", "create"]

    terraform.write(resource=group(kms_key_id=f"{key}two", log_group_class="INFREQUENT_ACCESS"))
    refused = terraform.apply()

    assert refused.code == 1
    assert "the embedded AWS does not have AssociateKmsKey" in refused.text
    assert terraform.state()["aws_cloudwatch_log_group.this"]["kms_key_id"] == f"{key}one"
    replaced = terraform.apply("-replace=aws_cloudwatch_log_group.this")
    assert replaced.code == 0, replaced.text
    terraform.is_settled()
    terraform.is_gone()


def test_the_account_of_api_gateway_has_its_logging_role(
    aws: RunningAws, terraform: Terraform
) -> None:
    """R-C4: one role per account and region, taken away again."""
    role = f"arn:aws:iam::{aws.account}:role/api-logs"
    terraform.lives(resource={"aws_api_gateway_account": {"this": {"cloudwatch_role_arn": role}}})
    client = aws.client("apigateway")
    assert client.get_account()["cloudwatchRoleArn"] == role

    other = {"this": {"cloudwatch_role_arn": f"{role}-new"}}
    changes = terraform.changes_to(resource={"aws_api_gateway_account": other})

    assert changes == {"aws_api_gateway_account.this": (["update"], {"cloudwatch_role_arn"})}
    assert client.get_account()["cloudwatchRoleArn"] == f"{role}-new"
    terraform.is_gone()
    assert not client.get_account().get("cloudwatchRoleArn")


def test_a_pattern_that_is_no_json_is_refused(terraform: Terraform) -> None:
    """R-F1: validate knows JSON documents and AWS's words."""
    rule = {"name": "wrong", "event_pattern": "{source}", "state": "ON"}
    terraform.write(resource={"aws_cloudwatch_event_rule": {"this": rule}})
    terraform.init()

    said = terraform.validate()

    assert said.code == 1
    assert "invalid JSON" in said.text
    assert "ENABLED" in said.text
