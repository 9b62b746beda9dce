"""A configuration meets its own workspace only."""

from pathlib import Path

import pytest

from tests.end_to_end.deployed.conftest import PRIMARY, Deployment


@pytest.fixture(scope="module")
def other_environment(deployed: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthesized stacks of another environment of the same account and state buckets."""
    folder = deployed.project.folder / "environments"
    text = (folder / "dev.toml").read_text().replace('environment = "dev"', 'environment = "qa"')
    (folder / "qa.toml").write_text(text.replace("singletons = true", "singletons = false"))
    output = tmp_path_factory.mktemp("qa") / "cdktf.out"
    command = ("cdktf", "synth", "--output", str(output))
    synthesized = deployed.user(*command, TF_WORKSPACE="qa")
    assert synthesized.code == 0, synthesized.text
    return output / "stacks"


@pytest.mark.parametrize("verb", ["plan", "apply", "destroy"])
def test_another_environments_configuration_is_refused(
    deployed: Deployment, other_environment: Path, verb: str
) -> None:
    """R-D3: qa's configuration in the workspace dev changes and destroys nothing of dev."""
    folder = other_environment / "foundation"
    s3 = deployed.aws.client("s3", PRIMARY)
    state = {
        "Bucket": deployed.names.state_bucket(PRIMARY),
        "Key": f"env:/dev/{deployed.names.state_key('foundation')}",
    }
    before = s3.head_object(**state)["VersionId"]
    begun = deployed.terraform(folder, "init", "-input=false", "-no-color")
    assert begun.code == 0, begun.text

    approval = [] if verb == "plan" else ["-auto-approve"]
    refused = deployed.terraform(folder, verb, "-input=false", "-no-color", *approval)

    assert refused.code == 1
    said = " ".join(refused.errors.replace("│", " ").split())
    assert "synthesized for the environment qa, but the Terraform workspace is dev" in said
    assert s3.head_object(**state)["VersionId"] == before
    tables = deployed.aws.client("dynamodb", PRIMARY).list_tables()["TableNames"]
    assert deployed.names.table("processed-data") in tables


def test_a_workspace_that_was_not_made_is_an_error_and_no_question(
    deployed: Deployment, other_environment: Path
) -> None:
    """R-D3: Terraform says so at once, and makes no workspace by itself."""
    folder = other_environment / "edge"

    refused = deployed.terraform(folder, "init", "-input=false", "-no-color", workspace="qa")

    assert refused.code == 1
    assert 'selected workspace "qa" does not exist' in " ".join(refused.text.split())


@pytest.mark.parametrize("workspace", ["", "default", "Dev", "produktion"])
def test_the_synth_lists_the_right_workspaces(deployed: Deployment, workspace: str) -> None:
    """R-C1: a missing or mistyped TF_WORKSPACE is refused before Terraform sees it."""
    refused = deployed.user("python", "main.py", TF_WORKSPACE=workspace)

    assert refused.code == 1
    assert "TF_WORKSPACE" in refused.errors
    assert "dev, prod, " in refused.errors
    assert "Traceback" not in refused.errors
