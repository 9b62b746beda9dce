"""The review of real plans: planted changes of what is deployed, harmless ones, all new."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from operations.errors import OperationError
from operations.review.changes import Change, read_plan
from operations.review.dangers import find
from operations.review.plans import plan_stacks
from operations.review.report import Review
from tests.end_to_end.deployed.conftest import STACKS, Deployment
from tests.end_to_end.deployed.planted_changes import HARMLESS, PLANTED, Content, Edit, first


def plans(deployed: Deployment, folders: dict[str, Path]) -> dict[str, Any]:
    """Return what Terraform says of stacks, planned as the review plans them."""
    variables = deployed.project.variables(**deployed.given, TF_WORKSPACE="dev")
    return plan_stacks(folders, variables)


def changed_stacks(
    deployed: Deployment, target: Path, changes: Mapping[str, Iterable[Edit]]
) -> Review:
    """Change the synthesized JSON of stacks, plan them and review."""
    folders = {}
    for stack, each in changes.items():
        folder, content = deployed.copied_stack(stack, target / stack)
        for change in each:
            change(content)
        (folder / "cdk.tf.json").write_text(json.dumps(content))
        folders[stack] = folder
    read = {stack: read_plan(stack, each) for stack, each in plans(deployed, folders).items()}
    return Review("dev", deployed.environment.account.id, read)


@pytest.fixture(scope="module")
def planted(deployed: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Review:
    """The review of all planted changes at once."""
    changes = {stack: list(each) for stack, each in PLANTED.items()}
    return changed_stacks(deployed, tmp_path_factory.mktemp("planted"), changes)


@pytest.mark.parametrize(
    "expected",
    [(stack, *found) for stack, changes in PLANTED.items() for found in changes.values()],
    ids=lambda each: " ".join(each[:3]),
)
def test_a_planted_change_is_found(planted: Review, expected: tuple[str, str, str, str]) -> None:
    """R-F7: state, protection, access, what is public, retention, routes."""
    stack, kind, address, what = expected

    found = [
        each
        for each in planted.dangers
        if (each.stack, each.kind) == (stack, kind)
        and address in each.address
        and what.lower() in each.what.lower()
    ]

    assert len(found) == 1, [(each.kind, each.address, each.what) for each in planted.dangers]


def test_nothing_else_is_reported_of_the_planted_changes(planted: Review) -> None:
    """R-F7: what follows from them, and no more."""
    expected = [found for changes in PLANTED.values() for found in changes.values()]
    others = [
        (each.kind, each.address, each.what)
        for each in planted.dangers
        if "cannot be told" not in each.why  # where a target leads whose queue is made anew
        and not any(kind == each.kind and part in each.address for kind, part, _ in expected)
    ]

    assert not others, "\n".join(map(str, others))


def test_harmless_changes_raise_no_alarm(deployed: Deployment, tmp_path: Path) -> None:
    """R-F7: sizes, tags, a new rule, a narrower or reordered policy, longer retention."""
    review = changed_stacks(deployed, tmp_path, HARMLESS)

    assert [(each.address, each.what) for each in review.dangers] == []
    lines = [
        line
        for all_ in review.groups().values()
        for each in all_
        for line in each.differences.lines
    ]
    assert "memory_size: 512 → 1024" in lines
    assert "retention_in_days: 7 → 365" in lines
    assert not any("CostCenter" in line for line in lines)
    assert any(line.startswith("tag CostCenter: nothing → 42: ") for line in review.folded())
    assert any("order or form of policy" in line for line in review.folded())
    assert review.counts["add"] == 2


def test_a_first_deploy_raises_no_alarm(deployed: Deployment) -> None:
    """R-F7: everything is new, as it is deployed here; nothing of it is public or a wildcard."""
    shown = plans(deployed, {stack: deployed.stack(stack) for stack in STACKS})
    changes: list[Change] = []
    for stack, content in shown.items():
        for each in content["resource_changes"]:
            if each["mode"] == "managed":
                assert each["change"]["actions"] == ["no-op"]
                each["change"].update(actions=["create"], before=None)
        changes += read_plan(stack, content).changes

    assert len(changes) > 100
    assert find(changes, deployed.environment.account.id) == []


def test_a_plan_that_fails_is_one_message(deployed: Deployment, tmp_path: Path) -> None:
    """R-F7: with the stack and Terraform's own reason."""

    def plant(content: Content) -> None:
        first(content, "aws_sqs_queue")["colour"] = "green"

    with pytest.raises(OperationError) as error:
        changed_stacks(deployed, tmp_path, {"primary": [plant]})

    assert str(error.value).startswith("stack primary: terraform plan failed:\nError: ")
    assert 'named "colour"' in str(error.value)
    assert len(str(error.value)) < 1000
