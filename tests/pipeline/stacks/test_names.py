"""Every resource is named by the pattern; no construct writes a name by hand."""

import re
from collections.abc import Iterator

import pytest

from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Resource, Synthesized

# The argument that names a resource in AWS. A type must be in one of the two tables.
NAMED = {
    "aws_api_gateway_api_key": "name",
    "aws_api_gateway_rest_api": "name",
    "aws_api_gateway_usage_plan": "name",
    "aws_cloudwatch_dashboard": "dashboard_name",
    "aws_cloudwatch_composite_alarm": "alarm_name",
    "aws_cloudwatch_event_rule": "name",
    "aws_cloudwatch_log_group": "name",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_cognito_identity_pool": "identity_pool_name",
    "aws_cognito_user_pool": "name",
    "aws_cognito_user_pool_client": "name",
    "aws_dynamodb_table": "name",
    "aws_iam_role": "name",
    "aws_iam_role_policy": "name",
    "aws_kms_alias": "name",
    "aws_lambda_function": "function_name",
    "aws_lambda_layer_version": "layer_name",
    "aws_s3_bucket": "bucket",
    "aws_secretsmanager_secret": "name",
    "aws_sfn_state_machine": "name",
    "aws_sns_topic": "name",
    "aws_sqs_queue": "name",
}
# Settings of a named resource, and what AWS numbers itself.
UNNAMED = {
    "aws_api_gateway_account",
    "aws_api_gateway_deployment",
    "aws_api_gateway_method_settings",
    "aws_api_gateway_stage",  # clients see its name in the URL: tests/pipeline/api
    "aws_api_gateway_usage_plan_key",
    "aws_cloudwatch_event_target",
    "aws_cognito_identity_pool_roles_attachment",
    "aws_kms_key",
    "aws_kms_replica_key",
    "aws_lambda_alias",
    "aws_lambda_event_source_mapping",
    "aws_lambda_function_event_invoke_config",
    "aws_lambda_function_recursion_config",
    "aws_lambda_permission",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_notification",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_replication_configuration",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
    "aws_s3_object",
    "aws_sfn_alias",
    "aws_secretsmanager_secret_version",
    "aws_sns_topic_subscription",
    "aws_sqs_queue_policy",
    "aws_sqs_queue_redrive_allow_policy",
    "aws_sqs_queue_redrive_policy",
}
FRAMES = {
    "aws_cloudwatch_log_group": ("/aws/apigateway/", "/aws/lambda/", "/aws/vendedlogs/states/"),
    "aws_kms_alias": ("alias/",),
}


def named(synthesized: Synthesized) -> Iterator[tuple[Resource, str]]:
    for resource in synthesized.every_resource():
        if resource.kind in UNNAMED:
            continue
        name: str = resource[NAMED[resource.kind]]
        if name.startswith("API-Gateway-Execution-Logs_"):
            continue  # AWS's own name, by the id of the API
        for frame in FRAMES.get(resource.kind, ()):
            name = name.removeprefix(frame)
        yield resource, name


def test_every_resource_is_named_by_the_default_pattern(both: Synthesized) -> None:
    """R-A1: serverless-<resource>-<environment>."""
    environment = both.environment
    where = "|".join(both.regions)
    for resource, name in named(both):
        pattern = rf"serverless-[a-z-]+-{environment.environment}"
        if resource.kind == "aws_s3_bucket":
            pattern += rf"-{environment.account.id}-({where})"
        if resource.kind in ("aws_iam_role", "aws_iam_role_policy", "aws_cloudwatch_dashboard"):
            pattern += rf"-({where})"
        assert re.fullmatch(pattern, name), f"{resource.address} is named {name}"


def test_the_names_of_the_core_resources(dev: Synthesized) -> None:
    """R-A1, R-A2, R-A4, R-A6, R-D1: the names that the requirements spell out."""
    foundation, primary = dev["foundation"], dev["primary"]

    for region in ("us-east-1", "us-west-2"):
        name = f"serverless-data-ingestion-dev-111122223333-{region}"
        assert foundation.has("aws_s3_bucket", bucket=name)
    assert foundation.has("aws_dynamodb_table", name="serverless-processed-data-dev")
    assert foundation.has("aws_dynamodb_table", name="serverless-invocation-log-dev")
    assert primary.has("aws_lambda_function", function_name="serverless-data-processor-dev")
    assert not primary.has("aws_lambda_function", function_name="serverless-data-processor-prod")


@pytest.mark.parametrize("trigger", ["eventbridge", "s3"])
def test_no_name_is_written_by_hand(variation: Variation, trigger: str) -> None:
    """R-A1, R-C1: with C1's pattern and a suffix every name of every stack changes with them."""
    acme = variation(
        "prod",
        naming={
            "project": "acme",
            "team": "Payments",
            "pattern": "{team}-{environment}-{resource}",
            "suffix": "blue",
        },
        tags={"owner": "someone", "purpose": "a-test"},
        data={"trigger": trigger},
    )

    for resource, name in named(acme):
        if resource.kind == "aws_s3_bucket":
            pattern = r"payments-prod-[a-z-]+-blue-777788889999-us-(east-1|west-2)"
        elif resource.kind in ("aws_iam_role", "aws_iam_role_policy", "aws_cloudwatch_dashboard"):
            pattern = r"Payments-prod-[a-z-]+-blue-us-(east-1|west-2)"
        else:
            pattern = r"Payments-prod-[a-z-]+-blue"
        assert re.fullmatch(pattern, name), f"{resource.address} is named {name}"
    # Also not in an ARN, a policy, an environment variable, a dashboard or the backend.
    for stack in acme.stacks.values():
        assert "serverless-" not in stack.text, stack.name


def test_no_two_resources_have_the_same_name_in_the_same_place(both: Synthesized) -> None:
    """R-A1: names of IAM and S3 are unique everywhere, all others within a region."""
    seen: dict[tuple[str, ...], str] = {}
    for resource, name in named(both):
        everywhere = resource.kind in ("aws_iam_role", "aws_iam_role_policy", "aws_s3_bucket")
        region = "" if everywhere else both[resource.stack].region(resource)
        key = (resource.kind, region, name)
        assert key not in seen, f"{resource.address} and {seen[key]} are both {name}"
        seen[key] = resource.address


def test_bare_bucket_names_are_a_switch(variation: Variation) -> None:
    """R-A1: the bare name in the primary region, and everything that refers to it follows."""
    bare = variation("dev", naming={"unique_buckets": False})

    buckets = {each["bucket"] for each in bare["foundation"].resources("aws_s3_bucket")}
    assert "serverless-data-ingestion-dev" in buckets
    assert "serverless-data-ingestion-dev-us-west-2" in buckets
    assert bare["primary"].has("aws_s3_bucket_notification", bucket="serverless-data-ingestion-dev")
    for name in ("foundation", "primary", "secondary"):
        resources = bare[name].json["resource"]
        assert "dev-111122223333" not in str(resources), "a long name is left"


def test_names_of_datasets_are_in_the_names_of_their_rules(dev: Synthesized) -> None:
    """R-A3: a dataset is a folder's name, and a rule of that name in each region."""
    for _, stack in dev.regional():
        rules = {
            each["name"]
            for each in stack.resources("aws_cloudwatch_event_rule")
            if each.get("event_pattern")
        }
        assert rules == {f"serverless-{each.name}-objects-dev" for each in dev.datasets}
