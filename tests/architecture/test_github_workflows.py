"""R-C7 R-F7: what the workflows call exists, and they hold no keys."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from pipeline.config import available_environments

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github"
FILES = sorted(FOLDER.rglob("*.yml"))
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))


def read(file: Path) -> dict[str, Any]:
    found = yaml.safe_load(file.read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def jobs(name: str) -> dict[str, Any]:
    found: dict[str, Any] = read(FOLDER / "workflows" / f"{name}.yml")["jobs"]
    return found


def steps(file: Path) -> list[dict[str, Any]]:
    content = read(file)
    if "runs" in content:
        return list(content["runs"]["steps"])
    return [step for job in content["jobs"].values() for step in job["steps"]]


def called(file: Path) -> list[list[str]]:
    """The words of each call of make."""
    lines = (line for step in steps(file) for line in step.get("run", "").splitlines())
    return [line.split()[1:] for line in lines if line.startswith("make ")]


def test_every_target_that_is_called_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"(?m)^([a-z]+):.*## ", makefile))
    words = [each for file in FILES for each in called(file)]

    assert {each[0] for each in words} == {"setup", "check", "test", "review", "release"}
    assert {each[0] for each in words} <= targets


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_actions_are_pinned_and_those_of_the_repository_exist(file: Path) -> None:
    """By commit: a tag may be moved, to code that then runs with the role of a deploy."""
    for step in steps(file):
        uses = step.get("uses", "")
        if uses.startswith("./"):
            assert (ROOT / uses / "action.yml").is_file()
        elif uses:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", uses), uses
            assert re.search(rf"{re.escape(uses)} # v\d+\.\d+\.\d+$", file.read_text(), re.M)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_says_what_it_may_do_and_ends(file: Path) -> None:
    content = read(file)

    assert content["permissions"]["contents"] == "read"
    assert all(job["timeout-minutes"] > 0 for job in content["jobs"].values())
    assert "secrets." not in file.read_text("utf-8")
    assert "pull_request_target" not in file.read_text("utf-8")


def test_environments_are_released_one_after_the_other_each_with_its_own_protection() -> None:
    found = jobs("release")

    assert list(found) == ["dev", "staging", "prod"]
    assert set(found) == set(available_environments(ROOT / "environments"))
    for (name, job), before in zip(found.items(), [None, "dev", "staging"], strict=True):
        assert job["environment"] == name
        assert job.get("needs") == before
        assert ["release", f"ENV={name}", "APPROVE=yes"] in [
            step["run"].split()[1:] for step in job["steps"] if "run" in step
        ]


def test_a_release_that_is_under_way_is_not_cancelled() -> None:
    content = read(FOLDER / "workflows" / "release.yml")

    assert not content["concurrency"].get("cancel-in-progress")


def test_a_review_waits_for_none_but_ends_the_one_before_of_its_pull_request() -> None:
    """In one group for all, a third plan would throw the second one out, of whomever."""
    (job,) = jobs("plan").values()

    group = job["concurrency"]["group"]
    assert "github.event.number" in group
    assert "matrix.environment" in group
    assert job["concurrency"]["cancel-in-progress"] is True
    # Terraform is killed when a job is cancelled, and would leave its lock behind.
    assert job["env"]["TF_CLI_ARGS_plan"] == "-lock=false"


def test_every_environment_is_planned() -> None:
    (job,) = jobs("plan").values()

    planned = job["strategy"]["matrix"]["environment"]
    assert sorted(planned) == sorted(available_environments(ROOT / "environments"))
    assert "head.repo.full_name == github.repository" in job["if"]
