"""What a target of a rule receives: the event, a part of it, a constant or a text made from it.

Stands in for `moto.events.utils.EventTemplateParser`, which quotes nothing and knows neither
`Input` nor `InputPath`.

Source: EventBridge User Guide, "Amazon EventBridge input transformation".
"""

from __future__ import annotations

import json
import re
from typing import Any

from jsonpath_ng.ext.parser import parse

_VARIABLE = re.compile(r"<([A-Za-z0-9_.-]+)>")
_MISSING = object()


def input_of(target: dict[str, Any], event: dict[str, Any], rule_name: str, rule_arn: str) -> str:
    """Return the text that is sent to a target.

    Parameters
    ----------
    target
        As in PutTargets; `Input`, `InputPath` or `InputTransformer` changes what is sent.
    event
        The event as EventBridge has it.
    """
    if target.get("Input"):
        return str(target["Input"])
    if target.get("InputPath"):
        found = _at(target["InputPath"], event)
        return json.dumps(None if found is _MISSING else found)
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(event)
    values: dict[str, Any] = {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_name,
        "aws.events.event.ingestion-time": event.get("time", ""),
        "aws.events.event.json": event,
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
    }
    for name, path in (transformer.get("InputPathsMap") or {}).items():
        values[name] = _at(path, event)
    return filled(transformer["InputTemplate"], values)


def filled(template: str, values: dict[str, Any]) -> str:
    """Put values into a template: as JSON outside of quotes, as text inside."""

    def replacement(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in values:
            return found.group(0)
        value = values[name]
        quoted = _inside_quotes(template, found.start())
        if value is _MISSING:
            return "" if quoted else "null"
        if not quoted:
            return json.dumps(value)
        text = value if isinstance(value, str) else json.dumps(value)
        return json.dumps(text)[1:-1]

    return _VARIABLE.sub(replacement, template)


def _inside_quotes(template: str, position: int) -> bool:
    before = template[:position].replace(r"\\", "").replace(r"\"", "")
    return before.count('"') % 2 == 1


def _at(path: str, event: dict[str, Any]) -> Any:
    found = parse(path).find(event)
    return found[0].value if found else _MISSING
