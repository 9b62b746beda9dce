"""State buckets and workspaces: made once, never over something that is there."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from operations.bootstrap import bootstrap
from operations.command_line import configuration
from operations.embedded import EmbeddedAws, embedded_aws
from operations.errors import OperationError
from pipeline.layout import stack_homes
from pipeline.naming import Names


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    account = configuration("dev").account.id
    with embedded_aws(account, tmp_path_factory.mktemp("aws") / "aws.sh") as running:
        yield running


@dataclass(frozen=True)
class State:
    """Where the state of a stack is."""

    client: Any
    bucket: str
    key: str


def states() -> Iterator[tuple[str, str, str]]:
    environment = configuration("dev")
    names = Names(environment)
    for stack, region in stack_homes(environment).items():
        yield region, names.state_bucket(region), f"env:/dev/{names.state_key(stack)}"


def test_every_stack_gets_an_empty_state_in_its_home_region(aws: EmbeddedAws) -> None:
    """R-D3 R-A13: versioned, encrypted, TLS only, nothing public."""
    bootstrap(configuration("dev"), aws.session(), aws.endpoint)

    for region, bucket, key in states():
        s3 = aws.client("s3", region)
        state = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        assert (state["version"], state["resources"]) == (4, [])
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        assert all(blocked.values())
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        (statement,) = policy["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] > 0
        location = s3.get_bucket_location(Bucket=bucket)["LocationConstraint"]
        assert (location or "us-east-1") == region


def test_a_second_bootstrap_makes_nothing_and_overwrites_no_state(aws: EmbeddedAws) -> None:
    """R-D3: a state that Terraform wrote meanwhile is as it was, to the version."""
    bootstrap(configuration("dev"), aws.session(), aws.endpoint)
    region, bucket, key = next(iter(states()))
    s3 = aws.client("s3", region)
    written = s3.put_object(Bucket=bucket, Key=key, Body=b'{"serial": 7}')["VersionId"]

    assert bootstrap(configuration("dev"), aws.session(), aws.endpoint) == []

    assert s3.head_object(Bucket=bucket, Key=key)["VersionId"] == written


def test_another_accounts_credentials_are_refused_before_anything_is_made(
    tmp_path: Path,
) -> None:
    """R-C1: the message names both accounts and what to do."""
    with embedded_aws("444455556666", tmp_path / "aws.sh") as other:
        with pytest.raises(OperationError) as refused:
            bootstrap(configuration("dev"), other.session(), other.endpoint)
        assert other.client("s3", "us-east-1").list_buckets()["Buckets"] == []

    assert "444455556666" in str(refused.value)
    assert "111122223333" in str(refused.value)
    assert "environments/dev.toml" in str(refused.value)
