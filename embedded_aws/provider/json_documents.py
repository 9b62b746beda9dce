"""JSON documents inside string attributes: when two texts say the same, and what a policy is."""

from __future__ import annotations

import json
from typing import Any

# IAM treats one string and a list of that string alike in these elements.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
_STRING_OR_LIST = frozenset(
    {"Action", "NotAction", "Resource", "NotResource", "AWS", "Service", "Federated"}
)


def same_document(first: Any, second: Any) -> bool:
    """Tell whether two texts hold the same JSON, or the same IAM policy."""
    if first == second:
        return True
    try:
        return bool(_normal(json.loads(first)) == _normal(json.loads(second)))
    except (TypeError, ValueError):
        return False


def _normal(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _normal(item, key) for key, item in value.items()}
    if name == "Statement":
        return _as_list(value, name)
    if name in _STRING_OR_LIST:
        return sorted(_as_list(value, name), key=str)
    if isinstance(value, list):
        items = [_normal(item) for item in value]
        return items[0] if len(items) == 1 and isinstance(items[0], str) else items
    return value


def _as_list(value: Any, name: str) -> list[Any]:
    items = value if isinstance(value, list) else [value]
    return [_normal(item) for item in items] if name == "Statement" else list(items)


def problem_of_json(text: str) -> str | None:
    """Return why a text is no JSON document, or ``None``."""
    try:
        json.loads(text)
    except ValueError as error:
        return f"contains an invalid JSON: {error}"
    return None


def problem_of_policy(text: str) -> str | None:
    """Return why a text is no IAM policy, or ``None``."""
    problem = problem_of_json(text)
    if problem:
        return problem.replace("an invalid JSON", "an invalid JSON policy")
    document = json.loads(text)
    if not isinstance(document, dict):
        return "contains an invalid JSON policy: the document is not a JSON object"
    statements = document.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        return 'contains an invalid JSON policy: it has no "Statement"'
    for number, statement in enumerate(statements):
        if not isinstance(statement, dict) or statement.get("Effect") not in {"Allow", "Deny"}:
            return (
                f'contains an invalid JSON policy: statement {number} needs "Effect" '
                'with "Allow" or "Deny"'
            )
    return None
