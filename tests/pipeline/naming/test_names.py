"""Names follow one pattern, are unique where AWS wants it, and always fit AWS's rules."""

from itertools import pairwise
from typing import Any

import pytest

from pipeline.config import ConfigurationError, Environment
from pipeline.config.regions import partitions_by_region
from pipeline.naming import BUCKETS, FUNCTIONS, Names
from pipeline.naming_rules import RULES, NamingError, checked

REGIONS = ("us-east-1", "us-west-2")


def environment(name: str = "dev", regions: dict[str, str] | None = None, **naming: Any) -> Any:
    return Environment.model_validate(
        {
            "environment": name,
            "account": {"id": "111122223333"},
            "naming": {"team": "Platform", **naming},
            "tags": {"owner": "data-platform", "purpose": "testing"},
            "regions": regions or {},
        }
    )


def test_names_follow_the_pattern() -> None:
    """R-A1: serverless-<resource>-<environment>; R-A2, R-A4, R-A6, R-D1."""
    names = Names(environment())

    assert names.table("processed-data") == "serverless-processed-data-dev"
    assert names.table("invocation-log") == "serverless-invocation-log-dev"
    assert names.function("data-processor") == "serverless-data-processor-dev"
    assert names.queue("data-processing-dlq") == "serverless-data-processing-dlq-dev"
    assert names.rule("orders") == "serverless-orders-objects-dev"
    assert names.layer() == "serverless-dependencies-dev"
    assert names.state_machine() == "serverless-process-records-dev"
    assert names.secret() == "serverless-pipeline-dev"
    assert names.kms_alias() == "alias/serverless-data-dev"
    assert names.log_group("stream-processor") == "/aws/lambda/serverless-stream-processor-dev"
    executions = "/aws/vendedlogs/states/serverless-process-records-dev"
    assert names.state_machine_log_group() == executions
    assert names.topic("notifications") == "serverless-notifications-dev"


def test_names_that_are_global_in_aws_carry_what_makes_them_unique() -> None:
    """R-A1: buckets the account and the region, roles and dashboards the region."""
    names = Names(environment())

    bucket = "serverless-data-ingestion-dev-111122223333-us-west-2"
    assert names.bucket("data-ingestion", "us-west-2") == bucket
    assert names.role("data-processor", "us-east-1") == "serverless-data-processor-dev-us-east-1"
    assert names.dashboard("us-west-2") == "serverless-pipeline-dev-us-west-2"


def test_bare_bucket_names_are_a_setting() -> None:
    """R-A1: the bare name in the primary region; two buckets cannot share it."""
    names = Names(environment(unique_buckets=False))

    assert names.bucket("data-ingestion", "us-east-1") == "serverless-data-ingestion-dev"
    assert names.bucket("data-ingestion", "us-west-2") == "serverless-data-ingestion-dev-us-west-2"


def test_pattern_is_a_setting() -> None:
    """R-C1: <Team>-<Environment>-<Service>, in lower case where S3 wants it."""
    names = Names(environment(pattern="{team}-{environment}-{resource}", unique_buckets=False))

    assert names.function("data-processor") == "Platform-dev-data-processor"
    assert names.bucket("artifacts", "us-east-1") == "platform-dev-artifacts"


def test_suffix_lets_environments_run_side_by_side() -> None:
    """R-B11: appended, or where the pattern has it."""
    appended = Names(environment(suffix="blue"))
    placed = Names(environment(suffix="blue", pattern="{suffix}-{resource}-{environment}"))

    assert appended.table("processed-data") == "serverless-processed-data-dev-blue"
    assert placed.table("processed-data") == "blue-processed-data-dev"


def test_arns_follow_from_names() -> None:
    """A regional stack knows what it did not make by ARN alone."""
    names = Names(environment())

    role = "arn:aws:iam::111122223333:role/serverless-data-processor-dev-us-east-1"
    table = "arn:aws:dynamodb:us-west-2:111122223333:table/serverless-processed-data-dev"
    queue = "arn:aws:sqs:us-west-2:111122223333:serverless-data-processing-dev"
    group = (
        "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/serverless-stream-processor-dev"
    )
    assert names.role_arn("data-processor", "us-east-1") == role
    assert names.table_arn("processed-data", "us-west-2") == table
    assert names.stream_arn_pattern("processed-data", "us-west-2") == f"{table}/stream/*"
    assert names.queue_arn("data-processing", "us-west-2") == queue
    assert names.log_group_arn("stream-processor", "us-east-1") == group
    assert names.bucket_arn("artifacts", "us-east-1").startswith("arn:aws:s3:::serverless-artif")


def test_arns_name_the_partition() -> None:
    names = Names(environment(regions={"primary": "cn-north-1", "secondary": "cn-northwest-1"}))

    assert names.queue_arn("data-processing", "cn-north-1").startswith("arn:aws-cn:sqs:cn-north-1:")


def test_state_has_a_bucket_per_region_and_a_key_per_stack() -> None:
    names = Names(environment())

    bucket = "serverless-terraform-state-111122223333-us-west-2"
    assert names.state_bucket("us-west-2") == bucket
    assert names.state_key("secondary") == "serverless/secondary.tfstate"


def test_longest_environment_suffix_and_region_fit() -> None:
    """R-A1: whatever the configuration allows, the default pattern makes names AWS takes."""
    by_partition: dict[str, list[str]] = {}
    for region, partition in partitions_by_region().items():
        by_partition.setdefault(partition, []).append(region)
    for regions in by_partition.values():
        for primary, secondary in pairwise(sorted(regions, key=len)):
            longest = environment(
                "e" * 12,
                {"primary": primary, "secondary": secondary},
                project="p" * 16,
                suffix="s" * 8,
            )
            Names(longest).check(["d" * 40])


@pytest.mark.parametrize(
    ("name", "naming"),
    [("e" * 13, {}), ("dev", {"suffix": "s" * 9}), ("dev", {"project": "p" * 17})],
)
def test_no_longer_environment_or_suffix_is_allowed(name: str, naming: dict[str, Any]) -> None:
    """The lengths above are the longest ones: one more is refused by the configuration."""
    with pytest.raises(ValueError, match="at most"):
        environment(name, **naming)


def test_shortened_names_stay_distinct() -> None:
    names = Names(environment("e" * 12, suffix="s" * 8))

    buckets = {names.bucket(kind, region) for kind in BUCKETS for region in REGIONS}
    roles = {names.role(resource, "us-east-1") for resource in (*FUNCTIONS, "failover-operator")}
    rules = {names.rule(f"{'d' * 39}{end}") for end in "ab"}

    assert len(buckets) == len(BUCKETS) * 2
    assert len(roles) == 1 + len(FUNCTIONS)
    assert len(rules) == 2
    assert all(len(name) <= 63 for name in buckets)
    assert all(len(name) <= 64 for name in roles | rules)


def test_too_long_names_are_all_reported() -> None:
    long = "a-long-prefix-of-an-organisation-that-has-many-words-{resource}-{environment}"

    with pytest.raises(ConfigurationError) as caught:
        Names(environment(pattern=long)).check()

    message = str(caught.value)
    # The layer and every function but api, whose name is short enough.
    assert len(caught.value.problems) == 1 + len(FUNCTIONS) - 1
    assert "layer name" in message
    assert "function name" in message
    assert "AWS allows 1 to 64 characters" in message


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("bucket", "Upper"),
        ("bucket", "ab"),
        ("bucket", "-abc"),
        ("bucket", "abc-"),
        ("bucket", "xn--abc"),
        ("bucket", "abc-s3alias"),
        ("bucket", "a" * 64),
        ("table", "ab"),
        ("table", "a b"),
        ("function", "a.b"),
        ("function", "a" * 65),
        ("role", "a" * 65),
        ("role", "a/b"),
        ("queue", "a" * 81),
        ("queue", "a.fifo"),
        ("rule", "a" * 65),
        ("KMS alias", "alias/aws/x"),
        ("KMS alias", "x"),
        ("log group", "a b"),
        ("dashboard", "a.b"),
        ("function", "é"),
    ],
)
def test_name_that_aws_refuses_is_refused_at_synth(kind: str, value: str) -> None:
    """Names kind, value, length and what is allowed."""
    with pytest.raises(NamingError) as caught:
        checked(kind, value)

    message = str(caught.value)
    assert f'the {kind} name "{value}" has {len(value)} characters' in message
    assert str(RULES[kind].longest) in message


@pytest.mark.parametrize(
    ("kind", "value"),
    [("bucket", "abc"), ("bucket", "a" * 63), ("role", "a" * 64), ("table", "a_b.c-d")],
)
def test_name_at_the_limit_is_accepted(kind: str, value: str) -> None:
    assert checked(kind, value) == value
