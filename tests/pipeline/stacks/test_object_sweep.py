"""The sweep: a schedule starts it, and it is told what it may look at and how far it goes."""

import pytest

from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Resource, Stack, Synthesized, live

RULE, TARGET = "aws_cloudwatch_event_rule", "aws_cloudwatch_event_target"
PERMISSION = "aws_lambda_permission"


def sweep(synthesized: Synthesized, stack: Stack) -> Resource:
    name = synthesized.names.function("object-sweep")
    return stack.one("aws_lambda_function", function_name=name)


def test_a_schedule_starts_it_in_each_region(both: Synthesized) -> None:
    """R-F3: a rule of the region invokes the region's function, which lets this rule alone."""
    for _, stack in both.regional():
        function = sweep(both, stack)
        rule = stack.one(RULE, name=both.names.schedule("object-sweep"))
        assert rule["schedule_expression"] == "rate(15 minutes)"
        target = stack.one(TARGET, rule=f"${{{rule.address}.name}}")
        alias = live(stack, function)
        assert target.refers_to("arn", alias, "arn")
        permission = stack.one(PERMISSION, principal="events.amazonaws.com")
        assert permission.refers_to("function_name", alias, "function_name")
        assert permission.refers_to("qualifier", alias, "name")
        assert permission.refers_to("source_arn", rule, "arn")
        assert target.waits_for(permission)


@pytest.mark.parametrize(("minutes", "rate"), [(1, "rate(1 minute)"), (30, "rate(30 minutes)")])
def test_its_interval_is_a_setting(variation: Variation, minutes: int, rate: str) -> None:
    """R-F3: in EventBridge's grammar, which has a singular."""
    for _, stack in variation("dev", data={"sweep_minutes": minutes}).regional():
        assert stack.has(RULE, schedule_expression=rate)


def test_without_an_interval_nothing_starts_it(variation: Variation) -> None:
    """R-F3: the function is there for a person who invokes it."""
    off = variation("dev", data={"sweep_minutes": 0})
    for _, stack in off.regional():
        assert sweep(off, stack)
        assert not any(rule.get("schedule_expression") for rule in stack.resources(RULE))
        name = off.names.function("object-sweep")
        permissions = stack.any_resources(PERMISSION)
        assert not [each for each in permissions if each["function_name"] == name]


def test_it_is_told_where_to_look_and_how_far(variation: Variation) -> None:
    """R-F3, R-A14: each setting has its effect."""
    changed = variation(
        "dev",
        data={"sweep_grace_minutes": 7},
        functions={
            "sweep": {
                "memory_mb": 1024,
                "timeout_seconds": 77,
                "versions_per_run": 500,
                "announcements_per_run": 50,
            }
        },
    )
    for region, stack in changed.regional():
        function = sweep(changed, stack)
        assert (function["memory_size"], function["timeout"]) == (1024, 77)
        queue = stack.one("aws_sqs_queue", name=changed.names.queue("data-processing"))
        variables = function["environment"]["variables"]
        told = {
            "INGESTION_BUCKET": changed.names.bucket("data-ingestion", region),
            "LEDGER_TABLE_NAME": "serverless-object-ledger-dev",
            "QUEUE_URL": f"${{{queue.address}.url}}",
            "CURSOR_BUCKET": changed.names.bucket("data-quarantine", region),
            "CURSOR_KEY": "_pipeline/sweep.json",
            "GRACE_SECONDS": "420",
            "VERSIONS_PER_RUN": "500",
            "ANNOUNCEMENTS_PER_RUN": "50",
        }
        assert {name: variables[name] for name in told} == told
