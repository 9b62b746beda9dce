"""The rules that keep regions apart from each other, and state apart from compute."""

import json
import re

import pytest

from pipeline.layout import stack_homes
from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import REGIONAL, Stack, Synthesized

# What a regional stack reads, in its own region, of what foundation keeps.
READ = {
    "aws_cognito_user_pool_clients",
    "aws_cognito_user_pools",
    "aws_dynamodb_table",
    "aws_secretsmanager_secret_version",
}
# What lives outside of any region, or in one for all: its control plane is in us-east-1.
GLOBAL_SERVICES = ("aws_iam", "aws_route53", "aws_cloudfront", "aws_organizations", "aws_s3control")
COPIED_FROM = re.compile(r'"REPLICATED_FROM": "[a-z0-9-]+"')


@pytest.fixture(scope="module", params=["dev", "prod", "s3", "european"])
def each(
    request: pytest.FixtureRequest,
    variation: Variation,
    direct: Synthesized,
    european: Synthesized,
) -> Synthesized:
    """Both environments, the other trigger, other regions."""
    others = {"s3": direct, "european": european}
    return others.get(request.param) or variation(str(request.param))


def regional(synthesized: Synthesized) -> list[tuple[str, Stack]]:
    return list(synthesized.regional())


def test_a_regional_stack_has_nothing_of_a_global_service(each: Synthesized) -> None:
    """R-A10, R-F4: neither owned, nor read, nor refreshed: it applies while us-east-1 is down."""
    for _, stack in regional(each):
        for resource in [*stack.resources(), *stack.data_sources()]:
            assert not resource.kind.startswith(GLOBAL_SERVICES), resource.address
        # Account and partition are configuration: STS would be one more call that can fail.
        assert {resource.kind for resource in stack.data_sources()} <= READ


def test_a_regional_stack_is_at_home_in_one_region_with_its_state(each: Synthesized) -> None:
    """R-A10, R-F4: one provider, and the state's bucket in the same region."""
    for region, stack in regional(each):
        assert [block["region"] for block in stack.providers().values()] == [region]
        for resource in [*stack.resources(), *stack.data_sources()]:
            assert resource.get("provider") in (None, "aws")
            assert resource.get("region") in (None, region)
        assert stack.json["terraform"]["backend"]["s3"]["region"] == region


def test_a_regional_stack_names_nothing_of_the_other_region(each: Synthesized) -> None:
    """R-A10, R-F4: not in an ARN, a URL, a policy or a variable that is one.

    Only whose copies arrive here a function is told, to look it up in its own replica of the
    ledger.
    """
    first, second = regional(each)
    for (_, stack), (other, _) in ((first, second), (second, first)):
        assert other not in COPIED_FROM.sub("", stack.text)


def test_no_stack_reads_the_state_of_another(each: Synthesized) -> None:
    """R-A10: CDKTF would turn a cross-stack reference into a remote state without a word."""
    for stack in each.stacks.values():
        assert not stack.any_resources("terraform_remote_state", "data")
        assert "terraform_remote_state" not in stack.text
        assert "cross-stack" not in stack.text


def test_every_reference_is_to_something_of_the_same_stack(each: Synthesized) -> None:
    """R-A10: what Terraform would refuse only when it plans."""
    for stack in each.stacks.values():
        known = {resource.address for resource in stack.resources()}
        known |= {f"data.{resource.address}" for resource in stack.data_sources()}
        pattern = r"\$\{((?:data\.)?aws_[a-z0-9_]+\.[A-Za-z0-9_-]+)\."
        used = set(re.findall(pattern, stack.text))
        for resource in stack.resources():
            used |= set(resource.get("depends_on") or [])
        assert used <= known
        assert used or stack.name == "edge"


def test_both_regions_are_the_same_stack(each: Synthesized) -> None:
    """R-A4, R-A10: one class, two instances: only the region and its role differ."""

    def neutral(region: str, stack: Stack) -> str:
        body = {key: stack.json[key] for key in ("resource", "data", "provider")}
        text = json.dumps(body, sort_keys=True).replace(region, "here")
        text = re.sub(r'"REGION_ROLE": "(primary|secondary)"', '"REGION_ROLE": ""', text)
        text = COPIED_FROM.sub("", text)
        return re.sub(rf'"path": "{stack.name}/', '"path": "stack/', text)

    (here, first), (there, second) = regional(each)
    assert neutral(here, first) == neutral(there, second)


def test_foundation_owns_every_role_of_the_pipeline(each: Synthesized) -> None:
    """R-A11: only the account's singletons have one beside it."""
    owners = {
        resource.stack for resource in each.every_resource() if resource.kind.startswith("aws_iam")
    }
    assert owners == {"foundation", "account"}


def test_what_must_never_be_lost_is_in_foundation_only(each: Synthesized) -> None:
    """R-D3: regional stacks are disposable."""
    kinds = {"aws_dynamodb_table", "aws_s3_bucket", "aws_kms_key", "aws_kms_replica_key"}
    owners = {each_.stack for each_ in each.every_resource() if each_.kind in kinds}
    assert owners == {"foundation"}


def test_stacks_are_deployed_in_the_order_in_which_they_need_each_other(
    each: Synthesized,
) -> None:
    """R-A10: foundation, then both regions at once, then edge; no stage without account's role."""
    assert each.dependencies == {
        "foundation": frozenset(),
        "primary": {"account", "foundation"},
        "secondary": {"account", "foundation"},
        "edge": {"primary", "secondary"},
        "account": frozenset(),
    }


def test_each_state_is_in_a_bucket_of_its_stacks_region(each: Synthesized) -> None:
    """R-A13, R-F1: encrypted, locked by a file, a key of its own."""
    account = each.environment.account.id
    homes = stack_homes(each.environment)
    assert set(homes) == set(each.stacks)
    for name, stack in each.stacks.items():
        assert list(stack.json["terraform"]["backend"]) == ["s3"]
        assert stack.json["terraform"]["backend"]["s3"] == {
            "bucket": f"serverless-terraform-state-{account}-{homes[name]}",
            "key": f"serverless/{name}.tfstate",
            "region": homes[name],
            "encrypt": True,
            "use_lockfile": True,
        }


def test_a_stacks_default_provider_is_in_its_home_region(each: Synthesized) -> None:
    """R-A10: and both regions are there where it owns something in both."""
    for name, home in stack_homes(each.environment).items():
        providers = each[name].providers()
        assert providers["aws"]["region"] == home
        if name not in REGIONAL:
            assert {block["region"] for block in providers.values()} == set(each.regions)


def test_every_provider_refuses_any_other_account(each: Synthesized) -> None:
    """R-A13: credentials of another account fail before anything is made."""
    for stack in each.stacks.values():
        for block in stack.providers().values():
            assert block["allowed_account_ids"] == [each.environment.account.id]
            # No endpoint, no credentials: the same JSON for AWS and for the embedded AWS.
            assert set(block) <= {"alias", "allowed_account_ids", "default_tags", "region"}


def test_every_stack_asks_for_a_terraform_that_locks_and_forgets(each: Synthesized) -> None:
    """R-A13, R-B6: 1.10 locks a state without a table, 1.11 keeps write-only values out of it."""
    for stack in each.stacks.values():
        assert stack.json["terraform"]["required_version"] == ">= 1.11.0"
        aws = stack.json["terraform"]["required_providers"]["aws"]
        assert re.fullmatch(r"\d+\.\d+\.\d+", aws["version"]), "one exact version"


def test_every_stack_refuses_another_workspace(each: Synthesized) -> None:
    """R-D3: by an output's precondition, since a resource's is skipped on destroy."""
    name = each.environment.environment
    for stack in each.stacks.values():
        guard = stack.json["output"]["environment"]["precondition"]
        assert guard["condition"] == f'${{terraform.workspace == "{name}"}}'
        assert name in guard["error_message"]
        assert "${terraform.workspace}" in guard["error_message"]
