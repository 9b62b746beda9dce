"""Secrets, workflows, buses, schedules and scaling."""

import json
from typing import Any

from tests.provider.conftest import RunningAws, Terraform

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["states.amazonaws.com", "scheduler.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
    ],
}

# "IAM Policies for logging to CloudWatch Logs", Step Functions Developer Guide.
DELIVERY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:GetLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:UpdateLogDelivery",
            ],
            "Resource": "*",
        }
    ],
}


def configuration(**changes: Any) -> dict[str, Any]:
    role = "${aws_iam_role.this.arn}"
    states = {"Only": {"Type": "Succeed", "Comment": changes.get("comment", "done")}}
    letters = {"name": "workflow-letters"}
    return {
        "aws_iam_role": {"this": {"name": "workflow", "assume_role_policy": json.dumps(TRUST)}},
        "aws_iam_role_policy": {
            "this": {
                "name": "delivery",
                "role": "${aws_iam_role.this.id}",
                "policy": json.dumps(DELIVERY),
            }
        },
        "aws_sqs_queue": {"letters": letters},
        "aws_secretsmanager_secret": {
            "this": {
                "name": "workflow-secret",
                "description": changes.get("description", "A secret"),
                "recovery_window_in_days": 0,
                "tags": {"Owner": "data"},
            }
        },
        "aws_secretsmanager_secret_version": {
            "this": {
                "secret_id": "${aws_secretsmanager_secret.this.id}",
                "secret_string": changes.get("secret", "first"),
            }
        },
        "aws_cloudwatch_log_group": {"this": {"name": "/workflow/logs"}},
        "aws_sfn_state_machine": {
            "this": {
                "name": "workflow",
                "role_arn": role,
                "definition": json.dumps({"StartAt": "Only", "States": states}),
                "logging_configuration": {
                    "level": "ALL",
                    "include_execution_data": True,
                    "log_destination": "${aws_cloudwatch_log_group.this.arn}:*",
                },
                "tracing_configuration": {"enabled": True},
                "tags": {"Owner": "data"},
                "depends_on": ["aws_iam_role_policy.this"],
            }
        },
        "aws_cloudwatch_event_bus": {"this": {"name": "workflow-bus", "tags": {"Owner": "data"}}},
        "aws_scheduler_schedule": {
            "this": {
                "name": "workflow-sweep",
                "schedule_expression": changes.get("rate", "rate(15 minutes)"),
                "flexible_time_window": {"mode": "OFF"},
                "target": {
                    "arn": "${aws_sqs_queue.letters.arn}",
                    "role_arn": role,
                    "input": "{}",
                    "retry_policy": {"maximum_retry_attempts": 3},
                },
            }
        },
        "aws_dynamodb_table": {
            "this": {
                "name": "workflow-table",
                "hash_key": "id",
                "attribute": [{"name": "id", "type": "S"}],
                "read_capacity": 5,
                "write_capacity": 5,
            }
        },
        "aws_appautoscaling_target": {
            "write": {
                "service_namespace": "dynamodb",
                "resource_id": "table/${aws_dynamodb_table.this.name}",
                "scalable_dimension": "dynamodb:table:WriteCapacityUnits",
                "min_capacity": 5,
                "max_capacity": changes.get("most", 20),
            }
        },
        "aws_appautoscaling_policy": {
            "write": {
                "name": "workflow-write",
                "policy_type": "TargetTrackingScaling",
                "service_namespace": "${aws_appautoscaling_target.write.service_namespace}",
                "resource_id": "${aws_appautoscaling_target.write.resource_id}",
                "scalable_dimension": "${aws_appautoscaling_target.write.scalable_dimension}",
                "target_tracking_scaling_policy_configuration": {
                    "target_value": changes.get("target", 70),
                    "predefined_metric_specification": {
                        "predefined_metric_type": "DynamoDBWriteCapacityUtilization"
                    },
                },
            }
        },
    }


def test_secret_workflow_schedule_and_scaling_live(aws: RunningAws, terraform: Terraform) -> None:
    """R-A13, R-B5, R-B6, R-E4: each is made, changed alone and removed."""
    # Given one of each
    terraform.lives(resource=configuration())

    # Then AWS has them as configured
    secrets, machines = aws.client("secretsmanager"), aws.client("stepfunctions")
    scaling = aws.client("application-autoscaling")
    state = terraform.state()
    secret = state["aws_secretsmanager_secret.this"]["arn"]
    machine = state["aws_sfn_state_machine.this"]["arn"]
    version = state["aws_secretsmanager_secret_version.this"]
    assert secrets.get_secret_value(SecretId=secret)["SecretString"] == "first"
    assert version["id"] == f"{secret}|{version['version_id']}"
    found = machines.describe_state_machine(stateMachineArn=machine)
    assert found["loggingConfiguration"]["level"] == "ALL"
    assert found["tracingConfiguration"] == {"enabled": True}
    assert state["aws_scheduler_schedule.this"]["id"] == "default/workflow-sweep"
    assert state["aws_appautoscaling_target.write"]["id"] == "table/workflow-table"

    # When one setting of each changes, exactly that is planned
    changes = terraform.changes_to(
        resource=configuration(
            description="Another",
            comment="over",
            rate="rate(5 minutes)",
            most=40,
            target=60,
        )
    )
    assert {address: names for address, (_, names) in changes.items()} == {
        "aws_secretsmanager_secret.this": {"description"},
        "aws_sfn_state_machine.this": {"definition", "revision_id"},
        "aws_scheduler_schedule.this": {"schedule_expression"},
        "aws_appautoscaling_target.write": {"max_capacity"},
        "aws_appautoscaling_policy.write": {"target_tracking_scaling_policy_configuration"},
    }
    assert secrets.describe_secret(SecretId=secret)["Description"] == "Another"
    found = machines.describe_state_machine(stateMachineArn=machine)
    assert json.loads(found["definition"])["States"]["Only"]["Comment"] == "over"
    schedule = aws.client("scheduler").get_schedule(Name="workflow-sweep")
    assert schedule["ScheduleExpression"] == "rate(5 minutes)"
    targets = scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    assert [one["MaxCapacity"] for one in targets] == [40]

    # When the secret's value changes, it gets a new version
    changes = terraform.changes_to(
        resource=configuration(
            description="Another",
            comment="over",
            rate="rate(5 minutes)",
            most=40,
            target=60,
            secret="second",
        )
    )
    assert sorted(changes["aws_secretsmanager_secret_version.this"][0]) == ["create", "delete"]
    assert secrets.get_secret_value(SecretId=secret)["SecretString"] == "second"

    # When all is destroyed, nothing is left
    terraform.is_gone()
    assert "workflow" not in str(machines.list_state_machines()["stateMachines"])
    assert "workflow-secret" not in {each["Name"] for each in secrets.list_secrets()["SecretList"]}
    buses = aws.client("events").list_event_buses(NamePrefix="workflow")["EventBuses"]
    assert buses == []
    assert aws.client("scheduler").list_schedules(NamePrefix="workflow")["Schedules"] == []
    policies = scaling.describe_scaling_policies(ServiceNamespace="dynamodb")["ScalingPolicies"]
    assert policies == []
