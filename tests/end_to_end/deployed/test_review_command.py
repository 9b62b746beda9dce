"""`make review` and `make deploy` as commands: what stops, what is approved, what goes wrong."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from tests.end_to_end.deployed.conftest import PRIMARY, Deployment
from tests.project_copy import Result


def reviewed(deployed: Deployment, command: str = "review", **variables: str) -> Result:
    words = ("python", "-m", f"operations.{command}", "--environment", "dev")
    return deployed.user(*words, **variables)


@contextmanager
def environment_file(deployed: Deployment, *edits: tuple[str, str]) -> Iterator[None]:
    """Change the environment's file, and bring it and what is synthesized back."""
    file = deployed.project.folder / "environments" / "dev.toml"
    output = deployed.project.folder / "cdktf.out"
    kept = output.with_name("cdktf.kept")
    before = file.read_text()
    shutil.copytree(output, kept, symlinks=True)
    try:
        text = before
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        file.write_text(text)
        yield
    finally:
        file.write_text(before)
        shutil.rmtree(output)
        kept.rename(output)


def test_a_deploy_stops_until_each_danger_is_approved_of_by_its_name(deployed: Deployment) -> None:
    """R-F7: review and deploy end with 3 and say how to approve; then the review passes."""
    folder = deployed.project.folder
    shorter = ("log_retention_days = 7", "log_retention_days = 3")
    protected = ("disposable = true", "disposable = false")
    approvals = folder / "environments" / "approvals" / "dev.toml"
    with environment_file(deployed, shorter, protected):
        stopped = reviewed(deployed, "deploy", APPROVE="yes")
        assert stopped.code == 3, stopped.text
        assert "retention_in_days: 7 → 3" in stopped.output
        assert stopped.errors == "error: not deployed: approve of what is dangerous first\n"
        groups = deployed.aws.client("logs", PRIMARY).describe_log_groups()["logGroups"]
        assert {group["retentionInDays"] for group in groups} == {7}

        record = json.loads((folder / "build" / "review.json").read_text())
        names = [each["name"] for each in record["dangers"]]
        assert all(f'{name} = "..."' in stopped.output for name in names)
        assert "environments/approvals/dev.toml" in stopped.output
        approvals.parent.mkdir()
        approvals.write_text(
            "[approved]\n"
            + "".join(f'{name} = "tested"\n' for name in [*names, "state-x-00000000"])
        )
        passed = reviewed(deployed)
        approvals.unlink()
        approvals.parent.rmdir()

    assert passed.code == 0, passed.text
    assert f"{len(names)} dangerous (approved)" in passed.output
    assert "the approval state-x-00000000 fits no change" in passed.output
    assert "\x1b" not in passed.output
    markdown = (folder / "build" / "review.md").read_text()
    assert markdown.startswith("### Plan of dev: ")
    assert markdown.count("approved: tested") == len(names)


def test_a_locked_state_is_one_message_with_who_holds_it(deployed: Deployment) -> None:
    """R-F7: and how to open it; the lock stays."""
    key = f"env:/dev/{deployed.names.state_key('edge')}.tflock"
    place = {"Bucket": deployed.names.state_bucket(PRIMARY), "Key": key}
    lock = {
        "ID": "6d1f4e5c-0000-4000-8000-000000000000",
        "Operation": "OperationTypeApply",
        "Info": "",
        "Who": "somebody@elsewhere",
        "Version": "1.11.4",
        "Created": "2026-11-01T12:00:00Z",
        "Path": os.fspath(key),
    }
    s3 = deployed.aws.client("s3", PRIMARY)
    s3.put_object(**place, Body=json.dumps(lock).encode())
    try:
        refused = reviewed(deployed)
    finally:
        s3.delete_object(**place)

    assert refused.code == 1
    assert "error: stack edge: its state is locked by somebody@elsewhere" in refused.errors
    assert f"force-unlock {lock['ID']}" in refused.errors
    assert "Traceback" not in refused.text


def test_an_environment_that_was_never_bootstrapped_is_one_message(deployed: Deployment) -> None:
    """R-F7: with the command that is missing."""
    folder = deployed.project.folder / "environments"
    text = (folder / "dev.toml").read_text().replace('environment = "dev"', 'environment = "other"')
    other = folder / "other.toml"
    other.write_text(text.replace("singletons = true", "singletons = false"))
    output = deployed.project.folder / "cdktf.out"
    kept = output.with_name("cdktf.kept")
    shutil.copytree(output, kept, symlinks=True)
    try:
        refused = deployed.user("python", "-m", "operations.review", "--environment", "other")
    finally:
        other.unlink()
        shutil.rmtree(output)
        kept.rename(output)

    assert refused.code == 1
    assert refused.errors == (
        "error: the environment other has no Terraform states yet: run `make bootstrap ENV=other`\n"
    )
