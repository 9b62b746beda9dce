"""The work queue and its dead-letter queue: nothing is given up silently."""

import json

from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Resource, Stack, Synthesized


def queues(synthesized: Synthesized, stack: Stack) -> tuple[Resource, Resource]:
    return (
        stack.one("aws_sqs_queue", name=synthesized.names.queue("data-processing")),
        stack.one("aws_sqs_queue", name=synthesized.names.queue("data-processing-dlq")),
    )


def test_each_region_has_a_work_queue_with_a_dead_letter_queue(both: Synthesized) -> None:
    """R-A8: messages move after 50 receives, and only from this queue."""
    for region, stack in both.regional():
        queue, dead = queues(both, stack)
        redrive = stack.one("aws_sqs_queue_redrive_policy")
        assert redrive.refers_to("queue_url", queue, "url")
        assert json.loads(redrive["redrive_policy"]) == {
            "deadLetterTargetArn": both.names.queue_arn("data-processing-dlq", region),
            "maxReceiveCount": 50,
        }
        allowed = stack.one("aws_sqs_queue_redrive_allow_policy")
        assert allowed.refers_to("queue_url", dead, "url")
        assert json.loads(allowed["redrive_allow_policy"]) == {
            "redrivePermission": "byQueue",
            "sourceQueueArns": [both.names.queue_arn("data-processing", region)],
        }
        # The redrive policy names a queue by its ARN: that queue has to be there.
        assert redrive.waits_for(allowed)
        assert allowed.waits_for(dead)


def test_receives_with_backoff_outlast_an_outage_of_six_hours(dev: Synthesized) -> None:
    """R-A8: the receives it takes to reach six hours, when each wait doubles up to 15 minutes."""
    stack = dev["primary"]
    policy = json.loads(stack.one("aws_sqs_queue_redrive_policy")["redrive_policy"])

    waits = [min(2**attempt, 900) for attempt in range(policy["maxReceiveCount"] - 1)]

    assert sum(waits) > 6 * 3600


def test_a_message_is_hidden_while_its_function_may_still_run(
    variation: Variation, both: Synthesized
) -> None:
    """R-A8: six times the function's time-out, as Lambda asks; it follows the setting."""
    short = variation("dev", functions={"processor": {"timeout_seconds": 60}})
    for each in (both, short):
        timeout = each.environment.functions.processor.timeout_seconds
        for _, stack in each.regional():
            queue, _ = queues(each, stack)
            assert queue["visibility_timeout_seconds"] == 6 * timeout <= 43_200


def test_messages_are_kept_as_long_as_sqs_keeps_them_and_encrypted(both: Synthesized) -> None:
    """R-A8, R-A13: 14 days in both queues, so that a person has time."""
    for _, stack in both.regional():
        for queue in queues(both, stack):
            assert queue["message_retention_seconds"] == 14 * 24 * 3600
            assert queue["sqs_managed_sse_enabled"] is True


def test_the_processor_works_off_the_queue(both: Synthesized) -> None:
    """R-A8, R-B4: partial batch failures and a bounded concurrency."""
    for _, stack in both.regional():
        queue, _ = queues(both, stack)
        mapping = stack.one(
            "aws_lambda_event_source_mapping", event_source_arn=f"${{{queue.address}.arn}}"
        )
        processor = stack.one(
            "aws_lambda_function", function_name=both.names.function("data-processor")
        )
        assert mapping.refers_to("function_name", processor, "arn")
        assert mapping["batch_size"] == 10
        assert mapping["function_response_types"] == ["ReportBatchItemFailures"]
        most = both.environment.functions.processor.maximum_concurrency
        assert mapping["scaling_config"] == {"maximum_concurrency": most}
