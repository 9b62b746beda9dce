"""Checks of Task states: the resource is one that is called here, its parameters have its names."""

from __future__ import annotations

from typing import Any

from embedded_aws.workflows import parameters
from embedded_aws.workflows.errors import InvalidDefinitionError
from embedded_aws.workflows.resources import UnsupportedResourceError, resource_of
from embedded_aws.workflows.rule_checks import check_number


def check_task(state: dict[str, Any], place: str) -> None:
    """Check a Task state.

    Raises
    ------
    InvalidDefinitionError
        Says what is wrong or not supported, and where.
    """
    if not isinstance(state.get("Resource"), str):
        raise InvalidDefinitionError("a Task state needs Resource", place)
    try:
        resource = resource_of(state["Resource"])
    except UnsupportedResourceError as wrong:
        raise InvalidDefinitionError(str(wrong), f"{place}/Resource") from wrong
    if resource.kind != "function":
        given = state.get("Parameters")
        if given is None:
            given = {}
            if resource.kind == "optimized":
                raise InvalidDefinitionError("The field 'Parameters' is required", place)
        for problem in parameters.problems(resource, given):
            raise InvalidDefinitionError(problem, f"{place}/Parameters")
    if "TimeoutSeconds" in state and "TimeoutSecondsPath" in state:
        raise InvalidDefinitionError("either TimeoutSeconds or TimeoutSecondsPath", place)
    check_number({"TimeoutSeconds": 1, **state}, "TimeoutSeconds", 1, place, 99_999_999)
