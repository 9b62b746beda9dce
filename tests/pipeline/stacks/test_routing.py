"""From a new object to the processor: EventBridge and the queue, or S3's own notification."""

import json
from typing import Any

import pytest
from moto.events.models import EventPattern

from pipeline.datasets import SUFFIXES
from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Resource, Stack, Synthesized, live

RULE = "aws_cloudwatch_event_rule"


def rule_of(synthesized: Synthesized, stack: Stack, dataset: str) -> Any:
    return stack.one(RULE, name=synthesized.names.rule(dataset))


def object_rules(stack: Stack) -> list[Resource]:
    """The rules for objects; the other ones have a schedule."""
    return [rule for rule in stack.any_resources(RULE) if rule.get("event_pattern")]


def created(bucket: str, key: str) -> dict[str, Any]:
    """The event that S3 sends, as far as patterns look at it."""
    return {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": bucket}, "object": {"key": key}},
    }


def test_the_bucket_sends_its_events_to_eventbridge(both: Synthesized) -> None:
    """R-A3, R-B4: in each region, by the only notification resource of the bucket."""
    for region, stack in both.regional():
        bucket = both.names.bucket("data-ingestion", region)
        (notification,) = stack.resources("aws_s3_bucket_notification")
        assert notification["bucket"] == bucket
        assert notification["eventbridge"] is True
        assert not notification.get("lambda_function")


def test_each_dataset_has_a_rule_with_its_prefix_and_its_suffixes(both: Synthesized) -> None:
    """R-A3: a wildcard is prefix AND suffix; two lists beside each other would be an OR."""
    for region, stack in both.regional():
        assert len(object_rules(stack)) == len(both.datasets) > 0
        for dataset in both.datasets:
            pattern = json.loads(rule_of(both, stack, dataset.name)["event_pattern"])
            wildcards = [
                {"wildcard": f"{dataset.prefix}*{suffix}"}
                for name in dataset.formats
                for suffix in SUFFIXES[name]
            ]
            assert pattern == {
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {
                    "bucket": {"name": [both.names.bucket("data-ingestion", region)]},
                    "object": {"key": wildcards},
                },
            }


MATCHES = [
    ("orders/2026.jsonl", {"orders"}),
    ("orders/a/b/c.csv.gz", {"orders"}),
    ("customers/a+b c.csv", {"customers"}),
    ("sensors/live.json", {"sensors"}),
    ("sensors/live.csv", set()),  # no format of the sensors
    ("customers/all.json", set()),
    ("orders/readme.txt", set()),
    ("orders.jsonl", set()),
    ("old/orders/1.jsonl", set()),
    ("requests/sensors/1.json", set()),  # whoever stored it starts the work on it
    ("requests/orders/orders/1.jsonl", set()),
]


@pytest.mark.parametrize(("key", "expected"), MATCHES)
def test_an_object_is_announced_by_the_rule_of_its_dataset_alone(
    dev: Synthesized, key: str, expected: set[str]
) -> None:
    """R-A3: decided by an implementation of EventBridge's patterns that is not ours."""
    for region, stack in dev.regional():
        event = created(dev.names.bucket("data-ingestion", region), key)
        matching = {
            dataset.name
            for dataset in dev.datasets
            if EventPattern.load(rule_of(dev, stack, dataset.name)["event_pattern"]).matches_event(
                event
            )
        }
        assert matching == expected


def test_objects_of_other_buckets_are_not_announced(dev: Synthesized) -> None:
    """R-A3: not even those of the pipeline's own other buckets, or of the other region."""
    for region, stack in dev.regional():
        (other,) = {*dev.regions} - {region}
        for bucket in (
            dev.names.bucket("artifacts", region),
            dev.names.bucket("data-ingestion", other),
        ):
            pattern = EventPattern.load(rule_of(dev, stack, "orders")["event_pattern"])
            assert not pattern.matches_event(created(bucket, "orders/1.jsonl"))


def test_rules_deliver_to_the_work_queue_and_keep_what_they_cannot_deliver(
    both: Synthesized,
) -> None:
    """R-B4, R-A8: 24 hours of attempts, then the dead-letter queue; nothing is dropped."""
    for _, stack in both.regional():
        queue = stack.one("aws_sqs_queue", name=both.names.queue("data-processing"))
        dead = stack.one("aws_sqs_queue", name=both.names.queue("data-processing-dlq"))
        for dataset in both.datasets:
            rule = rule_of(both, stack, dataset.name)
            target = stack.one("aws_cloudwatch_event_target", rule=f"${{{rule.address}.name}}")
            assert target.refers_to("arn", queue, "arn")
            assert target["dead_letter_config"] == {"arn": f"${{{dead.address}.arn}}"}
            assert target["retry_policy"] == {
                "maximum_event_age_in_seconds": 86_400,
                "maximum_retry_attempts": 185,
            }
            # Events that come before the queues' policies would be lost.
            for policy in stack.resources("aws_sqs_queue_policy"):
                assert target.waits_for(policy)


def test_only_these_rules_may_send_to_the_queues(both: Synthesized) -> None:
    """R-B4, R-A11: the policy names each rule; TLS only for everybody (R-A13)."""
    for region, stack in both.regional():
        rules = [both.names.rule_arn(dataset.name, region) for dataset in both.datasets]
        for kind in ("data-processing", "data-processing-dlq"):
            queue = stack.one("aws_sqs_queue", name=both.names.queue(kind))
            policy = stack.one("aws_sqs_queue_policy", queue_url=f"${{{queue.address}.url}}")
            arn = both.names.queue_arn(kind, region)
            tls_only, rules_send = policy.policy()
            assert tls_only == {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:*",
                "Resource": arn,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
            assert rules_send == {
                "Sid": "RulesSend",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": rules}},
            }


def test_the_direct_notification_calls_the_processor(direct: Synthesized) -> None:
    """R-D1, R-A3: prefix and suffix of each dataset and format, and no filter twice."""
    for region, stack in direct.regional():
        processor = stack.one(
            "aws_lambda_function", function_name=direct.names.function("data-processor")
        )
        (notification,) = stack.resources("aws_s3_bucket_notification")
        assert notification["bucket"] == direct.names.bucket("data-ingestion", region)
        assert not notification.get("eventbridge")
        entries = notification["lambda_function"]
        filters = {(each["filter_prefix"], each["filter_suffix"]) for each in entries}
        assert filters == {
            (dataset.prefix, suffix)
            for dataset in direct.datasets
            for name in dataset.formats
            for suffix in SUFFIXES[name]
        }
        assert not any("requests/sensors/1.json".startswith(prefix) for prefix, _ in filters)
        assert len(filters) == len(entries) == len({each["id"] for each in entries})
        for entry in entries:
            assert entry["events"] == ["s3:ObjectCreated:*"]
            assert entry["lambda_function_arn"] == f"${{{live(stack, processor).address}.arn}}"


def test_the_bucket_may_call_the_processor_before_it_is_told_to(direct: Synthesized) -> None:
    """R-D1: S3 asks for the permission when the notification is made."""
    for region, stack in direct.regional():
        permission = stack.one("aws_lambda_permission", principal="s3.amazonaws.com")
        processor = stack.one(
            "aws_lambda_function", function_name=direct.names.function("data-processor")
        )
        assert stack.has(
            "aws_lambda_permission",
            action="lambda:InvokeFunction",
            principal="s3.amazonaws.com",
            source_arn=direct.names.bucket_arn("data-ingestion", region),
            source_account="111122223333",
        )
        alias = live(stack, processor)
        assert permission.refers_to("function_name", alias, "function_name")
        assert permission.refers_to("qualifier", alias, "name")
        assert permission.address in stack.one("aws_s3_bucket_notification")["depends_on"]


def test_events_that_the_direct_notification_cannot_deliver_are_kept(direct: Synthesized) -> None:
    """R-D1, R-A8: two retries over six hours, then the dead-letter queue."""
    for _, stack in direct.regional():
        dead = stack.one("aws_sqs_queue", name=direct.names.queue("data-processing-dlq"))
        config = stack.one("aws_lambda_function_event_invoke_config")
        processor = stack.one(
            "aws_lambda_function", function_name=direct.names.function("data-processor")
        )
        alias = live(stack, processor)
        assert config.refers_to("function_name", alias, "function_name")
        assert config.refers_to("qualifier", alias, "name")
        assert config["maximum_retry_attempts"] == 2
        assert config["maximum_event_age_in_seconds"] == 6 * 3600
        on_failure = config["destination_config"]["on_failure"]
        assert on_failure == {"destination": f"${{{dead.address}.arn}}"}


def test_one_trigger_leaves_nothing_of_the_other(dev: Synthesized, direct: Synthesized) -> None:
    """R-D1, R-B4: an object would be processed twice; the queue is there in both cases."""
    for _, stack in direct.regional():
        assert not object_rules(stack)
        (target,) = stack.resources("aws_cloudwatch_event_target")
        assert target["target_id"] == "sweep"
        assert len(stack.resources("aws_lambda_event_source_mapping")) == 2
        for policy in stack.resources("aws_sqs_queue_policy"):
            (statement,) = policy.policy()
            assert statement["Effect"] == "Deny", "no rule is left that could send"
    for _, stack in dev.regional():
        callers = {each["principal"] for each in stack.resources("aws_lambda_permission")}
        assert callers == {"apigateway.amazonaws.com", "events.amazonaws.com"}
        assert not stack.any_resources("aws_lambda_function_event_invoke_config")


def test_rules_follow_the_bucket_to_other_regions(variation: Variation) -> None:
    """R-A3: a pattern with a bucket of elsewhere would match nothing, silently."""
    regions = {"primary": "eu-central-1", "secondary": "eu-west-1"}
    european = variation("prod", regions=regions)
    for region, stack in european.regional():
        assert region in regions.values()
        pattern = json.loads(rule_of(european, stack, "orders")["event_pattern"])
        (bucket,) = pattern["detail"]["bucket"]["name"]
        assert bucket == f"serverless-data-ingestion-prod-777788889999-{region}"
