"""What one state of a definition may say; anything else is refused, with its place.

Source: Step Functions Developer Guide, "Discovering workflow states to use in Step Functions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.workflows import intrinsics, json_paths, payload_templates
from embedded_aws.workflows.choice_rules import moment
from embedded_aws.workflows.errors import InvalidDefinitionError
from embedded_aws.workflows.rule_checks import check_choices, check_handlers, check_number
from embedded_aws.workflows.task_rules import check_task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    CheckMachine = Callable[[Any, str, frozenset[str]], None]

_PATHS = frozenset({"InputPath", "OutputPath"})
_RESULTS = frozenset({"ResultPath", "ResultSelector", "Retry", "Catch"})
_ON = frozenset({"Next", "End"})
FIELDS: dict[str, frozenset[str]] = {
    "Task": frozenset({"Resource", "Parameters", "TimeoutSeconds", "TimeoutSecondsPath"})
    | _PATHS
    | _RESULTS
    | _ON,
    "Pass": frozenset({"Result", "Parameters", "ResultPath"}) | _PATHS | _ON,
    "Choice": frozenset({"Choices", "Default"}) | _PATHS,
    "Wait": frozenset({"Seconds", "SecondsPath", "Timestamp", "TimestampPath"}) | _PATHS | _ON,
    "Succeed": _PATHS,
    "Fail": frozenset({"Error", "Cause", "ErrorPath", "CausePath"}),
    "Parallel": frozenset({"Branches", "Parameters"}) | _PATHS | _RESULTS | _ON,
    "Map": frozenset(
        {"ItemProcessor", "Iterator", "ItemsPath", "ItemSelector", "Parameters", "MaxConcurrency"}
        | {"MaxConcurrencyPath"}
    )
    | _PATHS
    | _RESULTS
    | _ON,
}
_ANY = frozenset({"Type", "Comment", "QueryLanguage"})
PATH_FIELDS = ("InputPath", "OutputPath", "SecondsPath", "TimestampPath", "TimeoutSecondsPath")
MORE_PATH_FIELDS = ("ItemsPath", "MaxConcurrencyPath", "ErrorPath", "CausePath")
CALLING = ("ErrorPath", "CausePath")
"""Those paths that may be an intrinsic function, too."""
TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector")


def check_language(found: dict[str, Any], place: str) -> None:
    """Refuse query languages other than JSONPath."""
    language = found.get("QueryLanguage", "JSONPath")
    if language != "JSONPath":
        raise InvalidDefinitionError(
            f"The embedded AWS does not run QueryLanguage {language!r}: only 'JSONPath'",
            f"{place}/QueryLanguage",
        )


def check(state: Any, place: str, check_machine: CheckMachine) -> None:
    """Check a state; `check_machine` checks the machines inside of it.

    Raises
    ------
    InvalidDefinitionError
        Says what is wrong or not supported, and where.
    """
    if not isinstance(state, dict):
        raise InvalidDefinitionError("a state must be an object", place)
    kind = state.get("Type")
    if kind not in FIELDS:
        raise InvalidDefinitionError(
            f"Type = {kind!r} must be one of {', '.join(FIELDS)}", f"{place}/Type"
        )
    check_language(state, place)
    for key in state:
        if key not in FIELDS[kind] | _ANY:
            raise InvalidDefinitionError(
                f"Field {key!r} is not supported in a state of type {kind}", f"{place}/{key}"
            )
    _check_end(state, kind, place)
    _check_paths(state, place)
    check_handlers(state, place)
    if kind in _CHECKS:
        _CHECKS[kind](state, place)
    if kind in ("Parallel", "Map"):
        _check_inside(state, kind, place, check_machine)


def targets(state: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
    """Return the states that may follow, each with the place where it is named."""
    for key in ("Next", "Default"):
        if key in state:
            yield state[key], f"{place}/{key}"
    for key in ("Choices", "Catch"):
        for number, each in enumerate(state.get(key) or []):
            yield each["Next"], f"{place}/{key}[{number}]/Next"


def _check_end(state: dict[str, Any], kind: str, place: str) -> None:
    if "Next" not in FIELDS[kind]:
        return
    if ("Next" in state) == (state.get("End") is True):
        raise InvalidDefinitionError("a state has either Next or End = true", place)


def _check_paths(state: dict[str, Any], place: str) -> None:
    for name in (*PATH_FIELDS, *MORE_PATH_FIELDS):
        if state.get(name) is not None:
            _check_path(state[name], f"{place}/{name}", calls=name in CALLING)
    check_result_path(state, place)
    for name in TEMPLATES:
        if name in state:
            if not isinstance(state[name], dict):
                raise InvalidDefinitionError(
                    f"The embedded AWS runs {name} only when it is an object", f"{place}/{name}"
                )
            for problem, where in payload_templates.check(state[name], f"{place}/{name}"):
                raise InvalidDefinitionError(problem, where)


def _check_path(path: Any, place: str, *, calls: bool = False) -> None:
    if not isinstance(path, str) or not (calls or path.startswith("$")):
        raise InvalidDefinitionError(f"{path!r} must be a path", place)
    try:
        intrinsics.parse(path)
    except json_paths.PathError as wrong:
        raise InvalidDefinitionError(str(wrong), place) from wrong


def check_result_path(holder: dict[str, Any], place: str) -> None:
    """Check that a ResultPath, when there is one, is a reference path or null."""
    path = holder.get("ResultPath")
    if path is None:
        return
    place = f"{place}/ResultPath"
    _check_path(path, place)
    if path.startswith("$$") or not path.startswith("$") or not json_paths.parse(path).definite:
        raise InvalidDefinitionError(f"{path!r} must be a reference path", place)


def _check_inside(
    state: dict[str, Any], kind: str, place: str, check_machine: CheckMachine
) -> None:
    if kind == "Parallel":
        branches = state.get("Branches")
        if not isinstance(branches, list) or not branches:
            raise InvalidDefinitionError("Branches must be a list of state machines", place)
        for number, branch in enumerate(branches):
            check_machine(branch, f"{place}/Branches[{number}]", frozenset())
        return
    name = "ItemProcessor" if "ItemProcessor" in state else "Iterator"
    processor = state.get(name)
    if not isinstance(processor, dict):
        raise InvalidDefinitionError("a Map state needs ItemProcessor", place)
    mode = (processor.get("ProcessorConfig") or {}).get("Mode", "INLINE")
    if mode != "INLINE":
        raise InvalidDefinitionError(
            f"The embedded AWS does not run Map states in mode {mode!r}: only 'INLINE'",
            f"{place}/{name}/ProcessorConfig",
        )
    if "ItemSelector" in state and "Parameters" in state:
        raise InvalidDefinitionError("a Map state has either ItemSelector or Parameters", place)
    check_number(state, "MaxConcurrency", 0, place)
    check_machine(processor, f"{place}/{name}", frozenset({"ProcessorConfig"}))


def _check_wait(state: dict[str, Any], place: str) -> None:
    given = [
        name for name in ("Seconds", "SecondsPath", "Timestamp", "TimestampPath") if name in state
    ]
    if len(given) != 1:
        raise InvalidDefinitionError(
            "a Wait state has one of Seconds, SecondsPath, Timestamp, TimestampPath", place
        )
    check_number(state, "Seconds", 0, place, 99_999_999)
    if "Timestamp" in state and moment(state["Timestamp"]) is None:
        raise InvalidDefinitionError(
            f"Timestamp = {state['Timestamp']!r} must be a timestamp such as 2030-01-31T12:00:00Z",
            f"{place}/Timestamp",
        )


def _check_fail(state: dict[str, Any], place: str) -> None:
    for name in ("Error", "Cause"):
        if name in state and f"{name}Path" in state:
            raise InvalidDefinitionError(f"a Fail state has either {name} or {name}Path", place)
        if not isinstance(state.get(name, ""), str):
            raise InvalidDefinitionError(f"{name} must be a string", f"{place}/{name}")


_CHECKS: dict[str, Callable[[dict[str, Any], str], None]] = {
    "Choice": check_choices,
    "Fail": _check_fail,
    "Task": check_task,
    "Wait": _check_wait,
}
