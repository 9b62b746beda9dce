"""From a rule over a queue to a function: EventBridge, SQS and event source mappings."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.provider.conftest import RunningAws, Terraform

ROLE = "event-flow-of-provider-tests"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
POLLING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["sqs:*", "dynamodb:*"], "Resource": "*"}],
}


@pytest.fixture(scope="module")
def role(aws: RunningAws) -> Iterator[str]:
    """A role that a function may take and that may poll queues and streams."""
    iam = aws.client("iam")
    created = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    iam.put_role_policy(RoleName=ROLE, PolicyName="poll", PolicyDocument=json.dumps(POLLING))
    yield str(created["Arn"])
    iam.delete_role_policy(RoleName=ROLE, PolicyName="poll")
    iam.delete_role(RoleName=ROLE)


def may_send(queue: str, rule: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": f"${{aws_sqs_queue.{queue}.arn}}",
        "Condition": {"ArnEquals": {"aws:SourceArn": f"${{aws_cloudwatch_event_rule.{rule}.arn}}"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def queues(**changes: Any) -> dict[str, Any]:
    """A work queue with a dead-letter queue, a rule that sends to it, and its policy."""
    pattern = {"source": ["aws.s3"], "detail": {"object": {"key": [{"wildcard": "orders/*.csv"}]}}}
    transformer = {"input_paths": {"key": "$.detail.object.key"}, "input_template": '"<key>"'}
    return {
        "aws_sqs_queue": {
            "dead": {"name": "flow-dead", "message_retention_seconds": 1_209_600},
            "work": {
                "name": "flow-work",
                "visibility_timeout_seconds": changes.get("visibility", 1800),
                "tags": changes.get("tags", {"Owner": "data"}),
            },
        },
        "aws_sqs_queue_redrive_policy": {
            "work": {
                "queue_url": "${aws_sqs_queue.work.id}",
                "redrive_policy": '{"deadLetterTargetArn":"${aws_sqs_queue.dead.arn}",'
                f'"maxReceiveCount":{changes.get("receives", 5)}}}',
            }
        },
        "aws_sqs_queue_redrive_allow_policy": {
            "dead": {
                "queue_url": "${aws_sqs_queue.dead.id}",
                "redrive_allow_policy": '{"redrivePermission":"byQueue",'
                '"sourceQueueArns":["${aws_sqs_queue.work.arn}"]}',
            }
        },
        "aws_sqs_queue_policy": {
            "work": {
                "queue_url": "${aws_sqs_queue.work.id}",
                "policy": may_send("work", "orders"),
            }
        },
        "aws_cloudwatch_event_rule": {
            "orders": {
                "name": "flow-orders",
                "description": changes.get("description", "Orders"),
                "event_pattern": json.dumps(pattern),
                "state": changes.get("state", "ENABLED"),
            }
        },
        "aws_cloudwatch_event_target": {
            "orders": {
                "rule": "${aws_cloudwatch_event_rule.orders.name}",
                "target_id": "work",
                "arn": "${aws_sqs_queue.work.arn}",
                "retry_policy": {
                    "maximum_event_age_in_seconds": 3600,
                    "maximum_retry_attempts": changes.get("attempts", 10),
                },
                "dead_letter_config": {"arn": "${aws_sqs_queue.dead.arn}"},
                "input_transformer": transformer,
            }
        },
    }


def test_a_rule_and_its_queue_live(aws: RunningAws, terraform: Terraform) -> None:
    """R-A3, R-A8, R-B4: pattern, target with retries and dead letters, queue with policies."""
    # Given a rule, a queue, its dead-letter queue and their policies
    terraform.lives(resource=queues())

    # Then AWS has them as configured
    sqs, events = aws.client("sqs"), aws.client("events")
    state = terraform.state()
    work, dead = state["aws_sqs_queue.work"], state["aws_sqs_queue.dead"]
    assert work["id"] == work["url"]
    assert work["arn"] == f"arn:aws:sqs:us-east-1:{aws.account}:flow-work"

    def settings() -> dict[str, Any]:
        answer = sqs.get_queue_attributes(QueueUrl=work["id"], AttributeNames=["All"])
        return dict(answer["Attributes"])

    def target() -> dict[str, Any]:
        return dict(events.list_targets_by_rule(Rule="flow-orders")["Targets"][0])

    assert settings()["VisibilityTimeout"] == "1800"
    assert json.loads(settings()["RedrivePolicy"]) == {
        "deadLetterTargetArn": dead["arn"],
        "maxReceiveCount": 5,
    }
    assert "events.amazonaws.com" in settings()["Policy"]
    assert target()["RetryPolicy"]["MaximumRetryAttempts"] == 10
    assert target()["DeadLetterConfig"]["Arn"] == dead["arn"]
    assert state["aws_cloudwatch_event_rule.orders"]["id"] == "flow-orders"
    assert state["aws_cloudwatch_event_target.orders"]["id"] == "flow-orders-work"

    # When one setting of each changes, exactly that is planned, and the rest stays
    changes = terraform.changes_to(
        resource=queues(visibility=600, receives=3, attempts=4, description="All orders")
    )
    assert {address: names for address, (_, names) in changes.items()} == {
        "aws_sqs_queue.work": {"visibility_timeout_seconds"},
        "aws_sqs_queue_redrive_policy.work": {"redrive_policy"},
        "aws_cloudwatch_event_rule.orders": {"description"},
        "aws_cloudwatch_event_target.orders": {"retry_policy"},
    }
    assert settings()["VisibilityTimeout"] == "600"
    assert json.loads(settings()["RedrivePolicy"])["maxReceiveCount"] == 3
    assert "events.amazonaws.com" in settings()["Policy"]
    assert target()["RetryPolicy"]["MaximumRetryAttempts"] == 4
    assert events.describe_rule(Name="flow-orders")["Description"] == "All orders"

    # When the rule is disabled and the tags change
    terraform.changes_to(resource=queues(state="DISABLED", tags={"Team": "data"}))
    assert events.describe_rule(Name="flow-orders")["State"] == "DISABLED"
    assert sqs.list_queue_tags(QueueUrl=work["id"])["Tags"] == {"Team": "data"}

    # When somebody takes away the target and the queues' policies, all are planned back
    events.remove_targets(Rule="flow-orders", Ids=["work"])
    sqs.set_queue_attributes(QueueUrl=work["id"], Attributes={"Policy": ""})
    sqs.set_queue_attributes(QueueUrl=dead["id"], Attributes={"RedriveAllowPolicy": ""})
    drifted = terraform.changes()
    assert drifted["aws_cloudwatch_event_target.orders"][0] == ["create"]
    assert drifted["aws_sqs_queue_policy.work"][0] == ["create"]
    assert drifted["aws_sqs_queue_redrive_allow_policy.dead"][0] == ["create"]

    # When all is destroyed, nothing is left
    terraform.is_gone()
    assert sqs.list_queues(QueueNamePrefix="flow-").get("QueueUrls", []) == []
    assert events.list_rules(NamePrefix="flow-")["Rules"] == []


def test_queues_of_every_kind_live(aws: RunningAws, terraform: Terraform) -> None:
    """R-A13: first-in-first-out, encryption with a key, names from a prefix."""
    fifo = {
        "name": "kinds.fifo",
        "fifo_queue": True,
        "content_based_deduplication": True,
        "deduplication_scope": "messageGroup",
        "fifo_throughput_limit": "perMessageGroupId",
    }
    encrypted = {
        "name_prefix": "kinds-",
        "kms_master_key_id": "alias/aws/sqs",
        "kms_data_key_reuse_period_seconds": 600,
        "delay_seconds": 5,
        "receive_wait_time_seconds": 20,
        "max_message_size": 2048,
    }
    terraform.lives(resource={"aws_sqs_queue": {"fifo": fifo, "encrypted": encrypted}})

    state = terraform.state()["aws_sqs_queue.encrypted"]
    assert state["name"].startswith("kinds-")
    answer = aws.client("sqs").get_queue_attributes(QueueUrl=state["id"], AttributeNames=["All"])
    assert answer["Attributes"]["KmsMasterKeyId"] == "alias/aws/sqs"
    assert answer["Attributes"]["DelaySeconds"] == "5"

    # When the name changes, the queue is made anew
    terraform.write(resource={"aws_sqs_queue": {"fifo": {**fifo, "name": "others.fifo"}}})
    changes = terraform.changes()
    assert sorted(changes["aws_sqs_queue.fifo"][0]) == ["create", "delete"]
    assert changes["aws_sqs_queue.encrypted"][0] == ["delete"]
    terraform.is_gone()


def mappings(folder: Path, role: str, **changes: Any) -> dict[str, Any]:
    """A function, and mappings to it from a queue and from a table's stream."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zipped:
        zipped.writestr("app.py", "def handler(event, context):\n    return None\n")
    (folder / "app.zip").write_bytes(content.getvalue())
    of_queue = {
        "function_name": "${aws_lambda_function.this.arn}",
        "event_source_arn": "${aws_sqs_queue.work.arn}",
        "batch_size": 10,
        "function_response_types": ["ReportBatchItemFailures"],
        "scaling_config": {"maximum_concurrency": changes.get("concurrency", 5)},
        "enabled": changes.get("enabled", True),
        "tags": {"Owner": "data"},
    }
    of_stream = {
        "function_name": "${aws_lambda_function.this.function_name}",
        "event_source_arn": "${aws_dynamodb_table.this.stream_arn}",
        "starting_position": "TRIM_HORIZON",
        "batch_size": 100,
        "maximum_batching_window_in_seconds": 1,
        "maximum_retry_attempts": changes.get("retries", 5),
        "bisect_batch_on_function_error": True,
        "parallelization_factor": 2,
        "destination_config": {"on_failure": {"destination_arn": "${aws_sqs_queue.dead.arn}"}},
        "filter_criteria": {"filter": [{"pattern": '{"eventName":["INSERT"]}'}]},
    }
    return {
        "aws_sqs_queue": {
            "work": {"name": "mapping-work", "visibility_timeout_seconds": 60},
            "dead": {"name": "mapping-dead"},
        },
        "aws_dynamodb_table": {
            "this": {
                "name": "mapping-table",
                "billing_mode": "PAY_PER_REQUEST",
                "hash_key": "id",
                "attribute": [{"name": "id", "type": "S"}],
                "stream_enabled": True,
                "stream_view_type": "NEW_IMAGE",
            }
        },
        "aws_lambda_function": {
            "this": {
                "function_name": "mapping-function",
                "role": role,
                "runtime": "python3.11",
                "handler": "app.handler",
                "filename": "app.zip",
                "timeout": 10,
            }
        },
        "aws_lambda_event_source_mapping": {"queue": of_queue, "stream": of_stream},
    }


def test_mappings_of_a_queue_and_a_stream_live(
    aws: RunningAws, terraform: Terraform, role: str
) -> None:
    """R-A8, R-A9, R-B4: partial failures, bounded concurrency, filters, retries, destinations."""
    # Given a function that a queue and a table's stream are mapped to
    terraform.lives(resource=mappings(terraform.folder, role))

    # Then AWS has both as configured
    client = aws.client("lambda")
    state = terraform.state()

    def mapping(name: str) -> dict[str, Any]:
        identifier = state[f"aws_lambda_event_source_mapping.{name}"]["id"]
        return dict(client.get_event_source_mapping(UUID=identifier))

    queue, stream = mapping("queue"), mapping("stream")
    assert queue["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert queue["ScalingConfig"] == {"MaximumConcurrency": 5}
    assert stream["FilterCriteria"]["Filters"] == [{"Pattern": '{"eventName":["INSERT"]}'}]
    assert stream["DestinationConfig"]["OnFailure"]["Destination"].endswith(":mapping-dead")
    assert (stream["MaximumRetryAttempts"], stream["BisectBatchOnFunctionError"]) == (5, True)
    own = state["aws_lambda_event_source_mapping.queue"]
    assert own["id"] == own["uuid"] == queue["UUID"]
    assert own["function_arn"] == state["aws_lambda_function.this"]["arn"]
    assert own["state"] == "Enabled"

    # When the queue's mapping is disabled and the stream's retries change, exactly that changes
    changes = terraform.changes_to(
        resource=mappings(terraform.folder, role, enabled=False, concurrency=7, retries=2)
    )
    names = {address: changed for address, (_, changed) in changes.items()}
    assert names == {
        "aws_lambda_event_source_mapping.queue": {
            "enabled",
            "last_modified",
            "scaling_config",
            "state",
        },
        "aws_lambda_event_source_mapping.stream": {"last_modified", "maximum_retry_attempts"},
    }
    assert mapping("queue")["State"] == "Disabled"
    assert mapping("queue")["ScalingConfig"] == {"MaximumConcurrency": 7}
    assert mapping("stream")["MaximumRetryAttempts"] == 2

    # When somebody enables it again, that is planned back
    client.update_event_source_mapping(UUID=queue["UUID"], Enabled=True)
    assert terraform.changes()["aws_lambda_event_source_mapping.queue"][1] >= {"enabled"}

    # When all is destroyed, nothing is left
    terraform.is_gone()
    left = {each["UUID"] for each in client.list_event_source_mappings()["EventSourceMappings"]}
    assert queue["UUID"] not in left
