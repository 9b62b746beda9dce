"""The workflow in the regional stacks: logs, traces, topic, and its switch (R-E3, R-E4, R-B9)."""

import json

from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Synthesized, live


def test_the_state_machine_calls_the_regions_functions_by_their_alias(both: Synthesized) -> None:
    """R-E4, R-C4: in each region, standard, with the role that foundation owns."""
    for region, stack in both.regional():
        machine = stack.one("aws_sfn_state_machine", name=both.names.state_machine())
        assert machine["type"] == "STANDARD"
        assert machine["role_arn"] == both.names.role_arn("process-records", region)
        states = json.loads(machine["definition"])["States"]
        called = {
            state["Parameters"]["FunctionName"]
            for state in states.values()
            if "FunctionName" in state.get("Parameters", {})
        }
        functions = [
            stack.one("aws_lambda_function", function_name=both.names.function(step))
            for step in ("request-validator", "request-processor", "request-notifier")
        ]
        aliases = [live(stack, each) for each in functions]
        assert called == {f"${{{alias.address}.arn}}" for alias in aliases}


def test_a_definition_is_published_and_a_release_brings_it_into_use(
    dev: Synthesized, prod: Synthesized
) -> None:
    """R-C4, R-E4: as versions of functions do; where an apply moves these, it moves it as well."""
    for each, lifecycle in ((dev, None), (prod, {"ignore_changes": ["routing_configuration"]})):
        for region, stack in each.regional():
            machine, alias = stack.one("aws_sfn_state_machine"), stack.one("aws_sfn_alias")
            assert machine["publish"] is True
            assert alias["name"] == "live"
            (route,) = alias["routing_configuration"]
            assert route["weight"] == 100
            version = f"${{{machine.address}.state_machine_version_arn}}"
            assert route["state_machine_version_arn"] == version
            assert alias.get("lifecycle") == lifecycle
            started = each.names.live_state_machine_arn(region)
            assert started == f"{each.names.state_machine_arn(region)}:{alias['name']}"


def test_every_execution_is_logged_and_traced(both: Synthesized, variation: Variation) -> None:
    """R-E4, R-B9: all of it, into a group of its own; X-Ray follows the functions' switch."""
    for _, stack in both.regional():
        machine = stack.one("aws_sfn_state_machine")
        group = stack.one("aws_cloudwatch_log_group", name=both.names.state_machine_log_group())
        assert group["name"].startswith("/aws/vendedlogs/states/")
        assert machine["logging_configuration"] == {
            "level": "ALL",
            "include_execution_data": both.environment.environment == "dev",
            "log_destination": f"${{{group.address}.arn}}:*",
        }
        assert machine["tracing_configuration"] == {"enabled": True}
    untraced = variation("dev", functions={"tracing": False})
    for _, stack in untraced.regional():
        assert stack.one("aws_sfn_state_machine")["tracing_configuration"] == {"enabled": False}


def test_inputs_are_logged_where_that_is_wanted(variation: Variation) -> None:
    """R-A13, R-B9: recipients and messages may be personal data; production does not log them."""
    for environment, workflow, logged in (
        ("prod", {}, False),
        ("staging", {}, False),
        ("prod", {"include_execution_data": True}, True),
        ("dev", {"include_execution_data": False}, False),
    ):
        for _, stack in variation(environment, workflow=workflow).regional():
            logging = stack.one("aws_sfn_state_machine")["logging_configuration"]
            assert logging["include_execution_data"] is logged


def test_notifications_are_encrypted_and_sent_over_tls_only(both: Synthesized) -> None:
    """R-E3, R-A13: with the customer key; the notifier knows the topic."""
    for region, stack in both.regional():
        topic = stack.one("aws_sns_topic", name=both.names.topic("notifications"))
        assert topic["kms_master_key_id"] == both.names.kms_alias()
        (tls_only,) = topic.policy()
        assert tls_only == {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": both.names.topic_arn("notifications", region),
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        notifier = stack.one(
            "aws_lambda_function", function_name=both.names.function("request-notifier")
        )
        assert notifier["environment"]["variables"]["TOPIC_ARN"] == f"${{{topic.address}.arn}}"


def test_without_the_workflow_there_is_nothing_of_it(variation: Variation) -> None:
    """R-E4: the switch, which the API needs."""
    without = variation("dev", workflow={"enabled": False}, api={"enabled": False})
    for stack in without.stacks.values():
        assert "process-records" not in stack.text
        assert "request-" not in stack.text
        assert "notifications" not in stack.text
