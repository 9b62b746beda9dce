"""Real Terraform on the deployed stacks: no change without a cause, one change for one setting."""

import re

import pytest

from pipeline.naming import LIVE
from tests.end_to_end.deployed.conftest import STACKS, Deployment


@pytest.mark.parametrize("stack", STACKS)
def test_a_second_plan_changes_nothing(deployed: Deployment, stack: str) -> None:
    """R-F1: `terraform plan -detailed-exitcode` says 0."""
    planned = deployed.plan(deployed.stack(stack))

    assert planned.code == 0, planned.text
    assert "No changes" in planned.output


def test_the_users_own_cdktf_deploys_exactly_the_setting_that_changed(
    deployed: Deployment,
) -> None:
    """R-A14: `cdktf synth` and `cdktf deploy '*'` without flags, one setting changed between."""
    file = deployed.project.folder / "environments" / "dev.toml"
    before = file.read_text()
    after = re.sub(r"(?m)(\[functions\.processor\]\nmemory_mb = )\d+", r"\g<1>768", before)
    assert after != before
    file.write_text(after)

    synthesized = deployed.user("cdktf", "synth", TF_WORKSPACE="dev")
    assert synthesized.code == 0, synthesized.text
    for stack in ("primary", "secondary"):
        changes = deployed.changes(deployed.stack(stack))
        # The function, and its alias to a version that is known when it is published.
        assert list(changes.values()) == [(["update"], set()), (["update"], {"memory_size"})], (
            changes
        )

    applied = deployed.user("cdktf", "deploy", "*", "--auto-approve", TF_WORKSPACE="dev")
    assert applied.code == 0, applied.text
    for region in deployed.environment.both_regions:
        found = deployed.aws.client("lambda", region).get_function_configuration(
            FunctionName=deployed.names.function("data-processor"), Qualifier=LIVE
        )
        assert found["MemorySize"] == 768
    for stack in ("foundation", "primary", "secondary"):
        assert deployed.plan(deployed.stack(stack)).code == 0
