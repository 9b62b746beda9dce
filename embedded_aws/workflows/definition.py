"""Reading a state machine's definition: what is wrong or not run here is refused.

Sources: Step Functions Developer Guide, "Using Amazon States Language to define Step Functions
workflows"; the specification at states-language.net.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from embedded_aws.workflows import state_rules
from embedded_aws.workflows.errors import InvalidDefinitionError

MAX_CHARACTERS = 1_048_576  # "Service quotas": 1 MB
MACHINE_FIELDS = {"Comment", "StartAt", "States", "TimeoutSeconds", "Version", "QueryLanguage"}


@lru_cache(256)
def parse(text: str) -> dict[str, Any]:
    """Parse a definition, and check all that can be known before it runs.

    Raises
    ------
    InvalidDefinitionError
        Says what is wrong or not supported, and where.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidDefinitionError(f"longer than {MAX_CHARACTERS} characters", "")
    try:
        found = json.loads(text)
    except ValueError as wrong:
        raise InvalidDefinitionError(f"no JSON: {wrong}", "") from wrong
    check_machine(found, "")
    timeout = found.get("TimeoutSeconds")
    if timeout is not None and (
        isinstance(timeout, bool) or not isinstance(timeout, int) or not 1 <= timeout <= 99_999_999
    ):
        raise InvalidDefinitionError(
            f"TimeoutSeconds = {timeout!r} must be a whole number from 1 to 99999999",
            "/TimeoutSeconds",
        )
    _unique_names(found, "", {})
    return found  # type: ignore[no-any-return]


def check_machine(found: Any, place: str, more: frozenset[str] = frozenset()) -> None:
    """Check a state machine, a branch or an item processor.

    Parameters
    ----------
    found
        The machine.
    place
        Where it stands.
    more
        Fields that it may have besides those of a machine.

    Raises
    ------
    InvalidDefinitionError
        Says what is wrong or not supported, and where.
    """
    if not isinstance(found, dict):
        raise InvalidDefinitionError("a state machine must be an object", place)
    state_rules.check_language(found, place)
    for key in found:
        if key not in MACHINE_FIELDS | more:
            raise InvalidDefinitionError(f"Field {key!r} is not supported", f"{place}/{key}")
    states, start = found.get("States"), found.get("StartAt")
    if not isinstance(states, dict) or not states:
        raise InvalidDefinitionError("States must be an object with at least one state", place)
    if start not in states:
        raise InvalidDefinitionError(
            f"Missing 'StartAt' target: {start!r}; there are: {', '.join(states)}",
            f"{place}/StartAt",
        )
    for name, state in states.items():
        here = f"{place}/States/{name}"
        if len(name) > 80:
            raise InvalidDefinitionError("The name of a state has at most 80 characters", here)
        state_rules.check(state, here, check_machine)
        for target, where in state_rules.targets(state, here):
            if target not in states:
                raise InvalidDefinitionError(
                    f"Missing 'Next' target: {target!r}; there are: {', '.join(states)}", where
                )
    _reachable(states, str(start), place)


def _reachable(states: dict[str, Any], start: str, place: str) -> None:
    """Refuse states that nothing leads to, as AWS does."""
    seen, waiting = {start}, [start]
    while waiting:
        for target, _ in state_rules.targets(states[waiting.pop()], ""):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    for name in states:
        if name not in seen:
            raise InvalidDefinitionError(
                f"MISSING_TRANSITION_TARGET: State {name!r} is not reachable",
                f"{place}/States/{name}",
            )


def _unique_names(machine: dict[str, Any], place: str, seen: dict[str, str]) -> None:
    for name, state in machine["States"].items():
        here = f"{place}/States/{name}"
        if name in seen:
            raise InvalidDefinitionError(
                f"DUPLICATE_STATE_NAME: {name!r} stands at {seen[name]}, too", here
            )
        seen[name] = here
        for number, branch in enumerate(state.get("Branches") or []):
            _unique_names(branch, f"{here}/Branches[{number}]", seen)
        for field in ("ItemProcessor", "Iterator"):
            if field in state:
                _unique_names(state[field], f"{here}/{field}", seen)
