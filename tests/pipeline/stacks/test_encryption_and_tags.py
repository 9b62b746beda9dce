"""What is encrypted, by which key, and what every resource is tagged with."""

from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Synthesized


def test_the_customer_key_is_one_key_in_both_regions(
    both: Synthesized, european: Synthesized
) -> None:
    """R-B5, R-A13: multi-region, rotated, its replica and an alias in each region."""
    for each in (both, european):
        foundation = each["foundation"]
        key, replica = foundation.one("aws_kms_key"), foundation.one("aws_kms_replica_key")
        assert key["multi_region"] is True
        assert key["enable_key_rotation"] is True
        assert replica.refers_to("primary_key_arn", key, "arn")
        assert (foundation.region(key), foundation.region(replica)) == each.regions
        aliases = {foundation.region(a): a for a in foundation.resources("aws_kms_alias")}
        assert {alias["name"] for alias in aliases.values()} == {each.names.kms_alias()}
        assert aliases[each.regions[0]].refers_to("target_key_id", key, "key_id")
        assert aliases[each.regions[1]].refers_to("target_key_id", replica, "key_id")


def test_a_deleted_key_can_be_brought_back(dev: Synthesized, prod: Synthesized) -> None:
    """R-D3, R-A13: for KMS's longest time in production, its shortest where all is disposable."""
    for each, days in ((dev, 7), (prod, 30)):
        for kind in ("aws_kms_key", "aws_kms_replica_key"):
            assert each["foundation"].one(kind)["deletion_window_in_days"] == days


def test_the_key_serves_the_account_its_tables_secrets_and_alarms_only(
    both: Synthesized, european: Synthesized
) -> None:
    """R-B5, R-B6, R-A11: the same policy in both regions; `*` means this key in a key policy."""
    for each in (both, european):
        account = each.environment.account.id
        statements = each["foundation"].one("aws_kms_key").policy()
        administers, tables, secrets, topics, publishers = statements
        assert administers == {
            "Sid": "AccountAdministersTheKey",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
        through = {"dynamodb": tables, "secretsmanager": secrets, "sns": topics}
        for service, statement in through.items():
            services = [f"{service}.{region}.amazonaws.com" for region in each.regions]
            assert statement["Condition"] == {
                "StringEquals": {"kms:CallerAccount": account, "kms:ViaService": services}
            }
            assert "kms:*" not in statement["Action"]
        assert secrets["Action"] == ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"]
        assert topics["Action"] == publishers["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
        assert publishers["Principal"] == {"Service": ["cloudwatch.amazonaws.com"]}
        assert publishers["Condition"] == {"StringEquals": {"aws:SourceAccount": account}}
        replica = each["foundation"].one("aws_kms_replica_key")
        assert replica["policy"] == each["foundation"].one("aws_kms_key")["policy"]


def test_every_provider_tags_what_it_makes(both: Synthesized) -> None:
    """R-A13, R-B11, R-C1: Owner, Purpose, Environment and the others, by default tags."""
    for stack in both.stacks.values():
        for provider in stack.providers().values():
            (block,) = provider["default_tags"]
            assert block["tags"] == {
                "Environment": both.environment.environment,
                "Owner": "data-platform",
                "Project": "serverless",
                "Purpose": "serverless-data-pipeline",
                "Team": "data-platform",
            }


def test_extra_tags_are_configuration(variation: Variation) -> None:
    """R-B11: such as a project and a team number, on every provider of every stack."""
    extra = {"CostCenter": "4711", "project:number": "P-12"}
    tagged = variation("prod", tags={"extra": extra})
    for stack in tagged.stacks.values():
        for provider in stack.providers().values():
            tags = provider["default_tags"][0]["tags"]
            assert extra.items() <= tags.items()
            assert {"Owner", "Purpose", "Environment"} <= tags.keys()


def test_no_resource_has_tags_of_its_own(both: Synthesized) -> None:
    """R-A13: one place makes tags; one of a resource would override the default there."""
    for resource in both.every_resource():
        assert not resource.get("tags"), resource.address
