"""What a state reads of its input and makes its output of.

Source: Step Functions Developer Guide, "Processing input and output in Step Functions".
"""

from __future__ import annotations

from typing import Any

from embedded_aws.workflows import intrinsics, json_paths, payload_templates
from embedded_aws.workflows.errors import (
    DATA_LIMIT_EXCEEDED,
    RESULT_PATH_MATCH_FAILURE,
    RUNTIME,
    StateError,
)
from embedded_aws.workflows.intrinsic_functions import text_of

MAX_BYTES = 262_144  # "Service quotas": input or result of a task, state or execution


def at_path(path: str, value: Any, context: Any) -> Any:
    """Return what a path names.

    Raises
    ------
    StateError
        `States.Runtime`: it leads nowhere.
    """
    try:
        return intrinsics.parse(path)(value, context)
    except json_paths.PathError as missing:
        raise StateError(RUNTIME, f"Invalid path '{path}' : {missing}") from missing


def effective_input(state: dict[str, Any], value: Any, context: Any) -> Any:
    """Apply InputPath and Parameters."""
    found = read(state, value, context)
    if "Parameters" in state:
        found = payload_templates.render(state["Parameters"], found, context)
    return found


def read(state: dict[str, Any], value: Any, context: Any) -> Any:
    """Apply InputPath; null is an empty object."""
    path = state.get("InputPath", "$")
    return {} if path is None else at_path(path, value, context)


def output(state: dict[str, Any], value: Any, result: Any, context: Any) -> Any:
    """Apply ResultSelector, ResultPath and OutputPath.

    Parameters
    ----------
    state
        The state's definition.
    value
        Its raw input.
    result
        What it gave.
    context
        What `$$` is.
    """
    if "ResultSelector" in state:
        result = payload_templates.render(state["ResultSelector"], result, context)
    return shown(state, combined(state, value, result), context)


def combined(holder: dict[str, Any], value: Any, result: Any) -> Any:
    """Apply ResultPath: null keeps the input, `$` replaces it.

    Raises
    ------
    StateError
        `States.ResultPathMatchFailure`: the result does not fit into the input there.
    """
    path = holder.get("ResultPath", "$")
    if path is None:
        return value
    try:
        return json_paths.parse(path).put(value, result)
    except json_paths.PathError as wrong:
        raise StateError(
            RESULT_PATH_MATCH_FAILURE,
            f'Unable to apply step "{path}" to input {text_of(value)}: {wrong}',
        ) from wrong


def shown(state: dict[str, Any], value: Any, context: Any) -> Any:
    """Apply OutputPath; null is an empty object."""
    path = state.get("OutputPath", "$")
    return {} if path is None else at_path(path, value, context)


def check_size(value: Any, state: str) -> None:
    """Refuse what is over 256 KiB.

    Raises
    ------
    StateError
        `States.DataLimitExceeded`.
    """
    if len(text_of(value).encode()) > MAX_BYTES:
        raise StateError(
            DATA_LIMIT_EXCEEDED,
            f"The state/task '{state}' returned a result with a size exceeding the maximum number "
            "of bytes service limit.",
        )
