"""The work queue and its dead-letter queue: nothing is given up silently."""

import json
from itertools import accumulate
from unittest import mock

import pytest

from processor.pauses import backoff
from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Resource, Stack, Synthesized, live

DAY = 24 * 3600


def queues(synthesized: Synthesized, stack: Stack) -> tuple[Resource, Resource]:
    return (
        stack.one("aws_sqs_queue", name=synthesized.names.queue("data-processing")),
        stack.one("aws_sqs_queue", name=synthesized.names.queue("data-processing-dlq")),
    )


def test_each_region_has_a_work_queue_with_a_dead_letter_queue(both: Synthesized) -> None:
    """R-A8: messages move after 150 receives, and only from this queue."""
    for region, stack in both.regional():
        queue, dead = queues(both, stack)
        redrive = stack.one("aws_sqs_queue_redrive_policy")
        assert redrive.refers_to("queue_url", queue, "url")
        assert json.loads(redrive["redrive_policy"]) == {
            "deadLetterTargetArn": both.names.queue_arn("data-processing-dlq", region),
            "maxReceiveCount": 150,
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


def test_receives_outlast_an_outage_of_a_day(dev: Synthesized) -> None:
    """R-A8, R-F3: given the shortest pauses that the processor makes; six hours leave most."""
    policy = json.loads(dev["primary"].one("aws_sqs_queue_redrive_policy")["redrive_policy"])
    with mock.patch("processor.pauses.random.uniform", lambda least, _: least):
        pauses = [backoff(receive) for receive in range(1, policy["maxReceiveCount"])]

    hours = [elapsed / 3600 for elapsed in accumulate(pauses)]

    assert hours[-1] > 24
    assert sum(each < 6 for each in hours) < 50


@pytest.mark.parametrize("timeout", [1, 300, 900])
def test_what_kills_the_function_each_time_is_a_dead_letter_before_it_is_forgotten(
    variation: Variation, timeout: int
) -> None:
    """R-A8, R-F3: a message keeps its age when it moves, so days have to be left to look at it."""
    stack = variation("dev", functions={"processor": {"timeout_seconds": timeout}})["primary"]
    queue = stack.one("aws_sqs_queue", name="serverless-data-processing-dev")
    dead = stack.one("aws_sqs_queue", name="serverless-data-processing-dlq-dev")
    policy = json.loads(stack.one("aws_sqs_queue_redrive_policy")["redrive_policy"])
    until_dead = policy["maxReceiveCount"] * queue["visibility_timeout_seconds"]

    assert until_dead < queue["message_retention_seconds"]
    assert dead["message_retention_seconds"] - until_dead > 4 * DAY


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


def test_dead_letters_are_kept_for_longer_and_both_queues_are_encrypted(
    both: Synthesized,
) -> None:
    """R-A8, R-A13: "Setting-up dead-letter queue retention", Amazon SQS Developer Guide."""
    for _, stack in both.regional():
        queue, dead = queues(both, stack)
        assert queue["message_retention_seconds"] == 10 * DAY
        assert dead["message_retention_seconds"] == 14 * DAY
        assert queue["sqs_managed_sse_enabled"] is dead["sqs_managed_sse_enabled"] is True


def test_the_processor_works_off_the_queue(both: Synthesized) -> None:
    """R-A8, R-B4: one object per invocation, which fails for itself, and a bounded concurrency."""
    for _, stack in both.regional():
        queue, _ = queues(both, stack)
        mapping = stack.one(
            "aws_lambda_event_source_mapping", event_source_arn=f"${{{queue.address}.arn}}"
        )
        processor = stack.one(
            "aws_lambda_function", function_name=both.names.function("data-processor")
        )
        assert mapping.refers_to("function_name", live(stack, processor), "arn")
        assert mapping["batch_size"] == 1
        assert mapping["function_response_types"] == ["ReportBatchItemFailures"]
        most = both.environment.functions.processor.maximum_concurrency
        assert mapping["scaling_config"] == {"maximum_concurrency": most}
