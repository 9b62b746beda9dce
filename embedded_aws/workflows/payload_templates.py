"""Templates of Parameters, ResultSelector and ItemSelector: values, with paths where `.$` stands.

Source: Step Functions Developer Guide, "Manipulate parameters in Step Functions workflows".
"""

from __future__ import annotations

from typing import Any

from embedded_aws.workflows import intrinsics, json_paths
from embedded_aws.workflows.errors import PARAMETER_PATH_FAILURE, StateError
from embedded_aws.workflows.intrinsic_functions import text_of


def render(template: Any, value: Any, context: Any) -> Any:
    """Return the template with what its paths and functions name.

    Parameters
    ----------
    template
        The field of the state.
    value
        What `$` is.
    context
        What `$$` is.

    Raises
    ------
    StateError
        `States.ParameterPathFailure`, `States.IntrinsicFailure`.
    """
    if isinstance(template, list):
        return [render(each, value, context) for each in template]
    if not isinstance(template, dict):
        return template
    found = {}
    for key, inside in template.items():
        if key.endswith(".$"):
            found[key[:-2]] = _named(key, inside, value, context)
        else:
            found[key] = render(inside, value, context)
    return found


def _named(key: str, expression: str, value: Any, context: Any) -> Any:
    try:
        return intrinsics.parse(expression)(value, context)
    except json_paths.PathError as missing:
        shown = text_of(context if expression.startswith("$$") else value)
        raise StateError(
            PARAMETER_PATH_FAILURE,
            f"The JSONPath '{expression}' specified for the field '{key}' could not be found in "
            f"the input '{shown}'",
        ) from missing


def check(template: Any, place: str) -> list[tuple[str, str]]:
    """Return what is wrong in a template, each with its place."""
    if isinstance(template, list):
        return [
            wrong for at, each in enumerate(template) for wrong in check(each, f"{place}[{at}]")
        ]
    if not isinstance(template, dict):
        return []
    found: list[tuple[str, str]] = []
    for key, inside in template.items():
        here = f"{place}/{key}"
        if not key.endswith(".$"):
            found += check(inside, here)
        elif not isinstance(inside, str):
            found.append(
                ("The value for the field must be a STRING that contains a JSONPath", here)
            )
        else:
            try:
                intrinsics.parse(inside)
            except json_paths.PathError as wrong:
                found.append((f"The value for the field is wrong: {wrong}", here))
    return found
