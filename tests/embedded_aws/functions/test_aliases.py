"""R-C7: what a release relies on: guarded updates of aliases, and weights as Lambda takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.embedded_aws.functions.making import make_function

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

ANSWERS = "def handler(event, context):\n    return context.function_version\n"


@pytest.fixture
def function(aws: EmbeddedAws) -> str:
    """A function with the versions 1 and 2 and the alias `live` on the first."""
    functions, name = aws.client("lambda"), make_function(aws, ANSWERS)
    functions.publish_version(FunctionName=name)
    functions.update_function_configuration(FunctionName=name, MemorySize=256)
    functions.publish_version(FunctionName=name)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name


def test_each_update_makes_a_new_revision(aws: EmbeddedAws, function: str) -> None:
    functions = aws.client("lambda")
    first = functions.get_alias(FunctionName=function, Name="live")["RevisionId"]

    second = functions.update_alias(FunctionName=function, Name="live", FunctionVersion="1")

    assert second["RevisionId"] != first


def test_an_update_for_another_revision_is_refused_and_changes_nothing(
    aws: EmbeddedAws, function: str
) -> None:
    functions = aws.client("lambda")
    seen = functions.get_alias(FunctionName=function, Name="live")["RevisionId"]
    update = {"FunctionName": function, "Name": "live", "RevisionId": seen}
    functions.update_alias(**update, FunctionVersion="2")

    with pytest.raises(functions.exceptions.PreconditionFailedException):
        functions.update_alias(**update, FunctionVersion="1")

    assert functions.get_alias(FunctionName=function, Name="live")["FunctionVersion"] == "2"


@pytest.mark.parametrize(
    "weights", [{"1": 0.5}, {"2": 1.5}, {"2": 0.1, "1": 0.1}, {"$LATEST": 0.1}]
)
def test_impossible_weights_are_refused(
    aws: EmbeddedAws, function: str, weights: dict[str, Any]
) -> None:
    functions = aws.client("lambda")

    with pytest.raises(functions.exceptions.InvalidParameterValueException):
        functions.update_alias(
            FunctionName=function,
            Name="live",
            RoutingConfig={"AdditionalVersionWeights": weights},
        )

    assert "RoutingConfig" not in functions.get_alias(FunctionName=function, Name="live")


def test_weights_of_a_version_that_does_not_exist_are_refused(
    aws: EmbeddedAws, function: str
) -> None:
    functions = aws.client("lambda")

    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.update_alias(
            FunctionName=function,
            Name="live",
            RoutingConfig={"AdditionalVersionWeights": {"9": 0.5}},
        )
