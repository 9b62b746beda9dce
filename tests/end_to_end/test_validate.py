"""Real Terraform reads the synthesized JSON of every environment."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from operations import cdktf
from operations.check import validate
from operations.embedded import EmbeddedAws, embedded_aws
from pipeline.config import available_environments
from tests.project_copy import ROOT

Content = dict[str, Any]
ENVIRONMENTS = available_environments(ROOT / "environments")


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with embedded_aws("111122223333", tmp_path_factory.mktemp("aws") / "aws.sh") as running:
        yield running


@pytest.fixture(scope="module")
def synthesized(aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the synthesized JSON of each environment."""
    folder = tmp_path_factory.mktemp("synthesized")
    for name in ENVIRONMENTS:
        cdktf.synth(aws.variables, name, folder / name)
    return folder


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_stack_is_valid(aws: EmbeddedAws, synthesized: Path, environment: str) -> None:
    """R-B11: `terraform validate` on each stack of the environment finds nothing."""
    found = validate(aws, environment, synthesized / environment)

    assert {"foundation", "primary", "secondary", "edge"} <= set(found)
    assert [error for errors in found.values() for error in errors] == []


def unknown_attribute(content: Content) -> None:
    a_queue(content)["colour"] = "green"


def missing_attribute(content: Content) -> None:
    del next(iter(content["resource"]["aws_cloudwatch_event_target"].values()))["arn"]


def wrong_type(content: Content) -> None:
    a_queue(content)["visibility_timeout_seconds"] = "soon"


def bad_reference(content: Content) -> None:
    a_queue(content)["name"] = "${aws_sqs_queue.nowhere.name}"


def unknown_attribute_of_another(content: Content) -> None:
    (table,) = content["data"]["aws_dynamodb_table"]
    a_queue(content)["name"] = f"${{data.aws_dynamodb_table.{table}.color}}"


def cycle(content: Content) -> None:
    one, two = list(content["resource"]["aws_sqs_queue"])[:2]
    for each, other in ((one, two), (two, one)):
        content["resource"]["aws_sqs_queue"][each]["name"] = f"${{aws_sqs_queue.{other}.name}}"


def a_queue(content: Content) -> Content:
    queue: Content = next(iter(content["resource"]["aws_sqs_queue"].values()))
    return queue


@pytest.mark.parametrize(
    ("plant", "message"),
    [
        (unknown_attribute, 'block type is named "colour"'),
        (missing_attribute, '"arn" is required'),
        (wrong_type, "a number is required"),
        (bad_reference, '"aws_sqs_queue" "nowhere" has not been declared'),
        (unknown_attribute_of_another, 'attribute named "color"'),
        (cycle, "Cycle: "),
    ],
)
def test_a_planted_error_is_found(
    aws: EmbeddedAws,
    synthesized: Path,
    tmp_path: Path,
    plant: Callable[[Content], None],
    message: str,
) -> None:
    """R-B11: the validation is not one that finds everything valid."""
    stack = tmp_path / "stacks" / "primary"
    shutil.copytree(synthesized / "dev" / "stacks" / "primary", stack)
    content = json.loads((stack / "cdk.tf.json").read_text())
    plant(content)
    (stack / "cdk.tf.json").write_text(json.dumps(content))

    (errors,) = validate(aws, "dev", tmp_path).values()

    assert len(errors) == 1
    assert message in " ".join(" ".join(errors).split())
