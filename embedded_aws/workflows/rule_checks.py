"""Checks of the parts that states share: Retry, Catch, the rules of Choice, numbers.

Sources: Step Functions Developer Guide, "Handling errors in Step Functions workflows", "Choice
workflow state".
"""

from __future__ import annotations

from typing import Any

from embedded_aws.workflows import choice_rules, intrinsics, json_paths
from embedded_aws.workflows.errors import ALL, InvalidDefinitionError

RETRIER = {
    *("ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds"),
    *("JitterStrategy", "Comment"),
}
CATCHER = {"ErrorEquals", "Next", "ResultPath", "Comment"}


def check_number(
    holder: dict[str, Any], name: str, lowest: int, place: str, highest: int | None = None
) -> None:
    """Refuse a field that is no whole number in its range; a missing one passes."""
    value = holder.get(name, lowest)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or value < lowest or (highest is not None and value > highest):
        limit = f"from {lowest} to {highest}" if highest is not None else f"of {lowest} or more"
        raise InvalidDefinitionError(
            f"{name} = {value!r} must be a whole number {limit}", f"{place}/{name}"
        )


def check_handlers(state: dict[str, Any], place: str) -> None:
    """Check Retry and Catch."""
    for name, fields in (("Retry", RETRIER), ("Catch", CATCHER)):
        handlers = state.get(name, [])
        if not isinstance(handlers, list):
            raise InvalidDefinitionError(f"{name} must be a list", f"{place}/{name}")
        for number, handler in enumerate(handlers):
            here = f"{place}/{name}[{number}]"
            if not isinstance(handler, dict):
                raise InvalidDefinitionError("must be an object", here)
            for key in handler:
                if key not in fields:
                    raise InvalidDefinitionError(f"Field {key!r} is not supported", f"{here}/{key}")
            _check_names(handler, here, last=number == len(handlers) - 1)
            if name == "Retry":
                _check_retrier(handler, here)
            else:
                _check_catcher(handler, here)


def _check_names(handler: dict[str, Any], place: str, *, last: bool) -> None:
    names = handler.get("ErrorEquals")
    texts = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not names or not texts:
        raise InvalidDefinitionError("ErrorEquals must be a list of names", place)
    if ALL in names and (len(names) > 1 or not last):
        raise InvalidDefinitionError(
            f"{ALL} must stand alone, and in the last of the list", f"{place}/ErrorEquals"
        )


def _check_retrier(retrier: dict[str, Any], place: str) -> None:
    check_number({"IntervalSeconds": 1, **retrier}, "IntervalSeconds", 1, place, 99_999_999)
    check_number({"MaxAttempts": 3, **retrier}, "MaxAttempts", 0, place, 99_999_999)
    check_number({"MaxDelaySeconds": 1, **retrier}, "MaxDelaySeconds", 1, place, 31_622_400)
    rate = retrier.get("BackoffRate", 2.0)
    if not choice_rules.is_number(rate) or rate < 1:
        raise InvalidDefinitionError(
            f"BackoffRate = {rate!r} must be a number of 1 or more", f"{place}/BackoffRate"
        )
    if retrier.get("JitterStrategy", "NONE") not in ("NONE", "FULL"):
        raise InvalidDefinitionError(
            f"JitterStrategy = {retrier['JitterStrategy']!r} must be NONE or FULL",
            f"{place}/JitterStrategy",
        )


def _check_catcher(catcher: dict[str, Any], place: str) -> None:
    if not isinstance(catcher.get("Next"), str):
        raise InvalidDefinitionError("a catcher needs Next", place)
    path = catcher.get("ResultPath")
    if path is None:
        return
    try:
        reference = isinstance(path, str) and json_paths.parse(path).definite
    except json_paths.PathError:
        reference = False
    if not reference:
        raise InvalidDefinitionError(f"{path!r} must be a reference path", f"{place}/ResultPath")


def check_choices(state: dict[str, Any], place: str) -> None:
    """Check the rules of a Choice state."""
    choices = state.get("Choices")
    if not isinstance(choices, list) or not choices:
        raise InvalidDefinitionError("Choices must be a list of rules", place)
    for number, rule in enumerate(choices):
        here = f"{place}/Choices[{number}]"
        if not isinstance(rule, dict) or not isinstance(rule.get("Next"), str):
            raise InvalidDefinitionError("a rule needs Next", here)
        _check_rule({key: value for key, value in rule.items() if key != "Next"}, here)


def _check_rule(rule: Any, place: str) -> None:
    if not isinstance(rule, dict):
        raise InvalidDefinitionError("a rule must be an object", place)
    plain = {key: value for key, value in rule.items() if key != "Comment"}
    joined = [key for key in ("And", "Or", "Not") if key in plain]
    if joined:
        if len(plain) > 1:
            raise InvalidDefinitionError(f"{joined[0]} stands alone in a rule", place)
        inside = plain[joined[0]]
        if joined[0] == "Not":
            _check_rule(inside, f"{place}/Not")
            return
        if not isinstance(inside, list) or not inside:
            raise InvalidDefinitionError(f"{joined[0]} must be a list of rules", place)
        for number, each in enumerate(inside):
            _check_rule(each, f"{place}/{joined[0]}[{number}]")
        return
    names = [key for key in plain if key != "Variable"]
    if len(names) != 1 or "Variable" not in plain or names[0] not in choice_rules.OPERATORS:
        raise InvalidDefinitionError(
            "a rule needs Variable and one comparison operator, or And, Or, Not", place
        )
    _check_comparison(plain["Variable"], names[0], plain[names[0]], place)


def _check_comparison(variable: Any, name: str, value: Any, place: str) -> None:
    paths = [("Variable", variable)]
    if name.endswith("Path"):
        paths.append((name, value))
    for field, path in paths:
        try:
            if not isinstance(path, str) or not path.startswith("$"):
                raise json_paths.PathError(f"{path!r} must be a path")
            intrinsics.parse(path)
        except json_paths.PathError as wrong:
            raise InvalidDefinitionError(str(wrong), f"{place}/{field}") from wrong
    if name.endswith("Path"):
        return
    if name in choice_rules.TESTS or name == "IsPresent" or name.startswith("Boolean"):
        fits = isinstance(value, bool)
    elif name.startswith("Numeric"):
        fits = choice_rules.is_number(value)
    elif name.startswith("Timestamp"):
        fits = choice_rules.moment(value) is not None
    else:
        fits = isinstance(value, str)
    if not fits:
        raise InvalidDefinitionError(f"{value!r} does not fit the operator", f"{place}/{name}")
