"""The stage: its name, its logs, its traces, its limits, and the key."""

from __future__ import annotations

import json

import pytest

from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Synthesized

API, STAGE = "aws_api_gateway_rest_api", "aws_api_gateway_stage"
SETTINGS, LOG_GROUP = "aws_api_gateway_method_settings", "aws_cloudwatch_log_group"
PLAN, KEY = "aws_api_gateway_usage_plan", "aws_api_gateway_api_key"
SECRET = "aws_secretsmanager_secret"


def test_the_stage_is_named_with_the_environment_and_the_suffix(
    both: Synthesized, variation: Variation
) -> None:
    """R-B7: explicitly."""
    for _, stack in both.regional():
        assert stack.has(STAGE, stage_name=f"v1-{both.environment.environment}")
    blue = variation("dev", naming={"suffix": "blue"}, api={"stage": "orders-v2"})
    for _, stack in blue.regional():
        assert stack.has(STAGE, stage_name="orders-v2-dev-blue")


def test_every_request_leaves_a_line_of_json_in_a_group_of_its_own(both: Synthesized) -> None:
    """R-B7, R-B9, R-C4: with retention; and the execution log does not stay forever."""
    days = both.environment.functions.log_retention_days
    for _, stack in both.regional():
        stage, api = stack.one(STAGE), stack.one(API)
        name = f"/aws/apigateway/serverless-data-api-{both.environment.environment}"
        access = stack.one(LOG_GROUP, name=name)
        prescribed = f"API-Gateway-Execution-Logs_${{{api.address}.id}}/{stage['stage_name']}"
        execution = stack.one(LOG_GROUP, name=prescribed)
        assert access["retention_in_days"] == execution["retention_in_days"] == days
        settings = stage["access_log_settings"]
        assert settings["destination_arn"] == f"${{{access.address}.arn}}"
        line = json.loads(settings["format"])
        assert line["requestId"] == "$context.requestId"
        assert {"status", "method", "resource", "sourceIp", "traceId"} <= line.keys()
        # What clients write may have quotation marks, and would end the line's JSON.
        assert not {"$context.identity.userAgent", "$context.path"} & set(line.values())
        assert stage.waits_for(execution)


def test_requests_are_traced_as_functions_are(dev: Synthesized, variation: Variation) -> None:
    """R-E5: X-Ray, by the one switch."""
    untraced = variation("dev", functions={"tracing": False})
    for one, expected in ((dev, True), (untraced, False)):
        for _, stack in one.regional():
            assert stack.one(STAGE)["xray_tracing_enabled"] is expected


def test_the_stage_is_measured_logged_and_throttled(
    both: Synthesized, variation: Variation
) -> None:
    """R-E5: burst 5000, rate 10000; bodies stay out of logs."""
    for _, stack in both.regional():
        settings = stack.one(SETTINGS)
        assert settings["method_path"] == "*/*"
        assert settings["settings"] == {
            "metrics_enabled": True,
            "logging_level": both.environment.api.log_level,
            "data_trace_enabled": False,
            "throttling_burst_limit": 5000,
            "throttling_rate_limit": 10_000,
        }
    changed = variation("prod", api={"burst_limit": 5, "rate_limit": 2, "log_level": "OFF"})
    for _, stack in changed.regional():
        found = stack.one(SETTINGS)["settings"]
        assert (found["throttling_burst_limit"], found["throttling_rate_limit"]) == (5, 2)
        assert found["logging_level"] == "OFF"
        assert stack.one(PLAN)["throttle_settings"] == {"burst_limit": 5, "rate_limit": 2}


def test_the_key_has_a_plan_with_a_quota(prod: Synthesized, variation: Variation) -> None:
    """R-E5: a million requests a month; 0 is no quota at all."""
    for _, stack in prod.regional():
        plan, key = stack.one(PLAN), stack.one(KEY)
        assert plan["quota_settings"] == {"limit": 1_000_000, "period": "MONTH"}
        (served,) = plan["api_stages"]
        assert served["api_id"] == f"${{{stack.one(API).address}.id}}"
        assert served["stage"] == f"${{{stack.one(STAGE).address}.stage_name}}"
        joined = stack.one("aws_api_gateway_usage_plan_key")
        assert joined.refers_to("key_id", key, "id")
        assert joined.refers_to("usage_plan_id", plan, "id")
        # Another value makes another key: clients are not locked out in between.
        for each in (joined, stack.one(KEY)):
            assert each["lifecycle"] == {"create_before_destroy": True}
    for _, stack in variation("prod", api={"monthly_quota": 0}).regional():
        assert stack.one(PLAN).get("quota_settings") is None


def test_the_key_is_the_same_in_both_regions_and_nowhere_in_clear(prod: Synthesized) -> None:
    """R-E5: a replicated secret, which each region reads at home; its value is made up in AWS."""
    foundation = prod["foundation"]
    secret = foundation.one(SECRET, name="serverless-api-key-prod")
    version = foundation.one(
        "aws_secretsmanager_secret_version", secret_id=f"${{{secret.address}.id}}"
    )
    assert [each["region"] for each in secret["replica"]] == [prod.regions[1]]
    assert secret.refers_to("kms_key_id", foundation.one("aws_kms_key"), "arn")
    # 20 to 128 characters ("CreateApiKey"): a SHA-256 in hexadecimal digits has 64.
    assert version["secret_string_wo"] == '${sha256(join("", [uuid(), uuid()]))}'
    assert "secret_string" not in version.arguments
    for _, stack in prod.regional():
        (value,) = stack.data_sources("aws_secretsmanager_secret_version")
        assert value["secret_id"] == secret["name"]
        assert stack.one(KEY)["value"] == f"${{data.{value.address}.secret_string}}"


@pytest.mark.parametrize("kind", [PLAN, KEY, "aws_api_gateway_usage_plan_key"])
def test_without_the_setting_there_is_no_key(dev: Synthesized, kind: str) -> None:
    """R-E5: neither plan nor secret."""
    assert not dev.environment.api.api_key
    for _, stack in dev.regional():
        assert not stack.any_resources(kind)
        assert not stack.any_resources("aws_secretsmanager_secret_version", "data")
    names = {each["name"] for each in dev["foundation"].any_resources(SECRET)}
    assert dev.names.api_key() not in names
