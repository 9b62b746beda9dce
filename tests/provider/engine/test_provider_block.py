"""The provider block: default tags, allowed accounts, regions."""

from typing import Any

import pytest

from tests.provider.conftest import RunningAws, Terraform


def bucket(name: str, **more: object) -> dict[str, dict[str, dict[str, object]]]:
    return {"aws_s3_bucket": {"b": {"bucket": name, **more}}}


def provider(**block: object) -> dict[str, list[dict[str, object]]]:
    return {"aws": [{"region": "us-east-1", **block}]}


def test_default_tags_are_on_every_resource_and_below_its_own(
    terraform: Terraform, aws: RunningAws
) -> None:
    """R-B11: tags of the provider block are planned, applied and changed in one place."""
    tags = {"Owner": "team", "Environment": "dev"}
    terraform.lives(
        resource=bucket("p1-tags", tags={"Environment": "own"}),
        provider=provider(default_tags={"tags": tags}),
    )

    def tagged() -> dict[str, str]:
        found = aws.client("s3").get_bucket_tagging(Bucket="p1-tags")["TagSet"]
        return {tag["Key"]: tag["Value"] for tag in found}

    assert tagged() == {"Owner": "team", "Environment": "own"}
    changes = terraform.changes_to(
        resource=bucket("p1-tags", tags={"Environment": "own"}),
        provider=provider(default_tags={"tags": {**tags, "Owner": "others"}}),
    )
    assert changes == {"aws_s3_bucket.b": (["update"], {"tags_all"})}
    assert tagged() == {"Owner": "others", "Environment": "own"}
    terraform.is_gone()


def test_tags_of_others_are_ignored_when_told_to(terraform: Terraform, aws: RunningAws) -> None:
    """``ignore_tags`` keeps Terraform from taking away what somebody else sets."""
    ignoring = provider(ignore_tags={"key_prefixes": ["audit:"], "keys": ["seen"]})
    terraform.lives(resource=bucket("p1-ignore", tags={"a": "b"}), provider=ignoring)
    tags = [{"Key": k, "Value": "x"} for k in ("audit:by", "seen")] + [{"Key": "a", "Value": "b"}]
    aws.client("s3").put_bucket_tagging(Bucket="p1-ignore", Tagging={"TagSet": tags})
    terraform.is_settled()
    terraform.is_gone()


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"allowed_account_ids": ["777788889999"]}, "AWS account ID not allowed: "),
        (
            {
                "allowed_account_ids": ["777788889999"],
                "forbidden_account_ids": ["444455556666"],
            },
            "not both",
        ),
        ({"default_tags": [{}, {}]}, "one default_tags block only"),
    ],
)
def test_a_wrong_account_or_provider_block_is_refused(
    terraform: Terraform, block: dict[str, Any], message: str
) -> None:
    """The account of the environment file holds before anything is read or made."""
    terraform.write(resource=bucket("p1-account"), provider=provider(**block))
    terraform.init()
    refused = terraform.plan()
    assert refused.code == 1
    assert message in refused.text


def test_the_right_account_is_allowed(terraform: Terraform, aws: RunningAws) -> None:
    """The positive half of the row above."""
    terraform.write(
        resource=bucket("p1-account"), provider=provider(allowed_account_ids=[aws.account])
    )
    terraform.init()
    assert terraform.plan().code == 2
