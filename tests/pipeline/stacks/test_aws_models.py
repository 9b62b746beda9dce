"""Values as AWS's own service models see them: what AWS would refuse in the middle of a deploy."""

from dataclasses import replace
from typing import Any

import pytest

from tests.pipeline.stacks.aws_calls import CALLS, violations
from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Resource, Synthesized

# Their values are ARNs, documents and booleans, which other tests read whole.
WITHOUT_CALLS = {
    "aws_api_gateway_account",
    "aws_api_gateway_method_settings",
    "aws_cognito_identity_pool_roles_attachment",
    "aws_s3_bucket",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_object",
    "aws_secretsmanager_secret_version",
    "aws_sqs_queue_policy",
    "aws_sqs_queue_redrive_allow_policy",
    "aws_sqs_queue_redrive_policy",
}
NAMES = ("dev", "staging", "prod", "s3", "european")


@pytest.fixture(scope="module", params=NAMES)
def each(
    request: pytest.FixtureRequest,
    variation: Variation,
    direct: Synthesized,
    european: Synthesized,
) -> Synthesized:
    """Every environment, the other trigger, other regions."""
    others = {"s3": direct, "european": european}
    return others.get(request.param) or variation(str(request.param))


def test_every_value_is_one_that_aws_allows(each: Synthesized) -> None:
    """R-B11: enumerations, lengths, ranges, patterns and required members of each API call."""
    found: list[str] = []
    for resource in each.every_resource():
        if resource.kind not in WITHOUT_CALLS:
            found += violations(resource)
    assert found == []


def test_each_kind_of_resource_is_checked_or_known_to_have_nothing_to_check(
    prod: Synthesized, direct: Synthesized
) -> None:
    """R-B11: a new kind has to be put into one of the two."""
    kinds = {r.kind for one in (prod, direct) for r in one.every_resource()}
    assert kinds == set(CALLS) | WITHOUT_CALLS


MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    ("aws_lambda_function", {"runtime": "python3.0"}, "allowed are"),
    ("aws_lambda_function", {"memory_size": 64}, "MemorySize"),
    ("aws_lambda_function", {"timeout": 0}, "Timeout"),
    ("aws_lambda_function", {"architectures": ["arm"]}, "Architectures"),
    ("aws_lambda_function", {"role": "arn:aws:iam::1111:role/x"}, "Role"),
    ("aws_lambda_event_source_mapping", {"batch_size": 10_001}, "BatchSize"),
    ("aws_lambda_event_source_mapping", {"function_response_types": ["Report"]}, "allowed are"),
    ("aws_lambda_event_source_mapping", {"maximum_record_age_in_seconds": 604_801}, "RecordAge"),
    ("aws_dynamodb_table", {"name": ""}, "TableName"),
    ("aws_dynamodb_table", {"billing_mode": "ON_DEMAND"}, "BillingMode"),
    ("aws_cloudwatch_event_rule", {"name": "x" * 65}, "Name"),
    ("aws_cloudwatch_event_target", {"retry_policy": {"maximum_retry_attempts": 186}}, "Retry"),
    ("aws_iam_role", {"description": "x" * 1001}, "Description"),
    ("aws_kms_alias", {"name": "alias/my data"}, "AliasName"),
    ("aws_kms_key", {"deletion_window_in_days": 400}, "PendingWindowInDays"),
    ("aws_s3_bucket_versioning", {"versioning_configuration": {"status": "On"}}, "Status"),
]


@pytest.mark.parametrize(("kind", "mistake", "named"), MISTAKES)
def test_a_mistake_in_a_value_is_found(
    prod: Synthesized, kind: str, mistake: dict[str, Any], named: str
) -> None:
    """R-B11: the check above can fail."""
    resource = next(each for each in prod.every_resource() if each.kind == kind)
    wrong: Resource = replace(resource, arguments={**resource.arguments, **mistake})

    assert violations(resource) == []
    assert any(named in each for each in violations(wrong))
