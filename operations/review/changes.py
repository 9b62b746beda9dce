"""The changes of a plan, as Terraform's "JSON Output Format" describes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from operations.errors import OperationError
from operations.review import naming
from operations.review.values import UNKNOWN, Path, with_unknown, without_secrets

Action = Literal["none", "create", "update", "replace", "delete", "forget"]
_FORMAT = "1."  # "Reject any input which reports an unsupported major version."
_ACTIONS: dict[tuple[str, ...], Action] = {
    ("no-op",): "none",
    ("create",): "create",
    ("update",): "update",
    ("delete",): "delete",
    ("forget",): "forget",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("create", "forget"): "create",
}
_REASONS = {
    "replace_because_tainted": "its last creation failed half-way",
    "replace_by_request": "its replacement was asked for",
    "replace_by_triggers": "what it is bound to is replaced",
    "delete_because_no_resource_config": "it is not in the configuration any more",
    "delete_because_no_module": "it is not in the configuration any more",
    "delete_because_wrong_repetition": "it is not in the configuration any more",
    "delete_because_count_index": "it is not in the configuration any more",
    "delete_because_each_key": "it is not in the configuration any more",
    "delete_because_no_move_target": "what it was moved to is not in the configuration",
}


@dataclass(frozen=True)
class Change:
    """One resource of one stack: what it is, and what it would be.

    Parameters
    ----------
    stack, address, kind, logical, name, region
        Where it is, its resource type, its name in the configuration and for a person.
    action
        What Terraform would do; ``none`` for what stays as it is.
    gap
        Whether a replacement destroys before it creates.
    before, after
        Its attributes; empty where it is not there. Unknown values are ``UNKNOWN``.
    named
        The attributes afterwards, with the name of what it is a part of also where AWS's id of that
        is not known yet.
    configured
        The paths of the attributes that the configuration sets; the others are AWS's own. Empty for
        what is not in the configuration any more.
    forced_by
        The attributes that force a replacement.
    reason
        Why it is replaced or destroyed, where Terraform says so.
    origin
        Where it came from, when it was moved or imported.
    """

    stack: str
    address: str
    kind: str
    logical: str
    name: str
    region: str
    action: Action
    gap: bool = False
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    named: Mapping[str, Any] = field(default_factory=dict)
    configured: frozenset[Path] = frozenset()
    forced_by: tuple[Path, ...] = ()
    reason: str = ""
    origin: str = ""

    def sets(self, *path: str) -> bool:
        """Tell whether the configuration sets an attribute, something in it, or all around it."""
        place = tuple(re.sub(r"\[.*\]$", "", part) for part in path)
        return any(
            each[: len(place)] == place or place[: len(each)] == each for each in self.configured
        )

    @property
    def label(self) -> str:
        """Return what a person calls it."""
        return naming.label(self.kind, self.name)


@dataclass(frozen=True)
class Plan:
    """The plan of one stack.

    Parameters
    ----------
    changes
        Every managed resource, also those that stay as they are.
    drift
        What was changed outside of Terraform since its last run.
    notes
        Checks that fail.
    """

    changes: tuple[Change, ...]
    drift: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()


def read_plan(stack: str, content: Mapping[str, Any]) -> Plan:
    """Read what ``terraform show -json`` says of a saved plan.

    Raises
    ------
    OperationError
        When it has a format that is not known here.
    """
    version = str(content.get("format_version", ""))
    if not version.startswith(_FORMAT):
        raise OperationError(
            f"stack {stack}: this Terraform writes plans in the format {version or 'unknown'};"
            f" the review reads {_FORMAT}x"
        )
    root = content.get("configuration", {})
    resources = {each["address"]: each for each in root.get("root_module", {}).get("resources", ())}
    regions = {
        key: each.get("expressions", {}).get("region", {}).get("constant_value", "")
        for key, each in root.get("provider_config", {}).items()
    }

    names = {
        each["address"]: naming.name_of(each["type"], values, each["name"])
        for each in content.get("resource_changes") or ()
        if (values := each["change"]["after"] or each["change"]["before"])
    }

    def read(group: str) -> Iterator[Change]:
        for each in content.get(group) or ():
            if each["mode"] == "managed":
                yield _change(stack, each, resources.get(each["address"], {}), regions, names)

    failed = [
        f"stack {stack}: the check {each['address']['to_display']} fails"
        for each in content.get("checks") or ()
        if each["status"] in ("fail", "error")
    ]
    return Plan(tuple(read("resource_changes")), tuple(read("resource_drift")), tuple(failed))


def _change(
    stack: str,
    raw: Mapping[str, Any],
    resource: Mapping[str, Any],
    regions: Mapping[str, str],
    names: Mapping[str, str],
) -> Change:
    change = raw["change"]
    actions = tuple(change["actions"])
    if actions not in _ACTIONS:
        raise OperationError(f"stack {stack}: {raw['address']}: unknown actions {actions}")
    before, after = change["before"] or {}, change["after"] or {}
    hidden = without_secrets(after, change.get("after_sensitive"), before)
    shown = with_unknown(hidden, change.get("after_unknown"))
    expressions, kind = resource.get("expressions", {}), raw["type"]
    named = _with_owner(kind, shown, expressions, names)
    values = named or before
    logical = raw.get("name", raw["address"])
    provider = regions.get(resource.get("provider_config_key", "aws"), "")
    configured = frozenset(_paths(expressions))
    return Change(
        stack=stack,
        address=raw["address"],
        kind=kind,
        logical=logical,
        name=naming.name_of(kind, values, logical),
        region=naming.region_of(kind, values, provider),
        action=_ACTIONS[actions],
        gap=actions == ("delete", "create"),
        before=without_secrets(before, change.get("before_sensitive")),
        after=shown,
        named=named,
        configured=configured,
        forced_by=tuple(tuple(map(str, path)) for path in change.get("replace_paths") or ()),
        reason=_REASONS.get(raw.get("action_reason", ""), ""),
        origin=_origin(raw, change),
    )


def _with_owner(
    kind: str, values: Any, expressions: Mapping[str, Any], names: Mapping[str, str]
) -> Any:
    """Put the owner's name where its id is not known yet: the configuration refers to it."""
    owner = naming.owner_kind(kind)
    if owner is None or values.get(owner[1]) is not UNKNOWN:
        return values
    references = expressions.get(owner[1], {}).get("references", ())
    name = next((names[each] for each in references if each in names), UNKNOWN)
    return {**values, owner[1]: name}


def _paths(expressions: Mapping[str, Any], path: Path = ()) -> Iterator[Path]:
    """Yield the path of each expression; blocks of a list have no index."""
    for key, each in expressions.items():
        blocks = each if isinstance(each, list) else []
        if not blocks:
            yield (*path, key)
        for block in blocks:
            yield from _paths(block, (*path, key))


def _origin(raw: Mapping[str, Any], change: Mapping[str, Any]) -> str:
    if "importing" in change:
        return f"imported: {change['importing'].get('id', 'by its identity')}"
    if raw.get("deposed"):
        return "left over from a replacement that failed half-way"
    moved = raw.get("previous_address", raw["address"])
    return f"moved from {moved}" if moved != raw["address"] else ""
