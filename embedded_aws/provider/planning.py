"""What an apply would do: the planned state of one resource.

Terraform Core checks every answer: an attribute that is configured must be planned as configured,
or as the prior state has it when both mean the same; only a computed attribute may be anything
else. https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from embedded_aws.provider.json_documents import same_document
from embedded_aws.provider.values import UNKNOWN, canonical, is_known, is_write_only, members, pair

if TYPE_CHECKING:
    from embedded_aws.provider.resource_type import ResourceType, State
    from embedded_aws.provider.schema_typescript import Block
    from embedded_aws.provider.session import AwsSession

Path = tuple[str | int, ...]


@dataclass
class Plan:
    """The planned state, and the paths whose change forces a replacement."""

    planned: State
    replaced: list[Path] = field(default_factory=list)


def plan(
    block: Block, kind: ResourceType, aws: AwsSession, config: State, prior: State | None
) -> Plan:
    """Plan a creation (no prior state) or an update.

    Parameters
    ----------
    block
        Schema of the resource type.
    kind
        The type's declarations: defaults, JSON attributes, what forces a replacement.
    aws
        Region, account and default tags.
    config, prior
        Both with exactly the attributes of the schema, sets in order.
    """
    planned = _block(block, kind, config, prior, "")
    if "region" in block["attributes"] and config["region"] is None:
        planned["region"] = aws.region
    if "tags_all" in block["attributes"] and "tags" in block["attributes"]:
        planned["tags_all"] = all_tags(aws, planned["tags"])
    if prior is not None:
        _mark_recomputed(kind, prior, planned)
    planned.update(kind.plan(aws, prior, planned))
    replaced = [] if prior is None else list(_replacements(block, kind, prior, planned))
    return Plan(planned, replaced)


def all_tags(aws: AwsSession, tags: Any) -> Any:
    """Return the default tags of the provider with the resource's own over them."""
    if tags is UNKNOWN:
        return UNKNOWN
    return {**aws.default_tags, **(tags or {})}


def _block(
    block: Block, kind: ResourceType, config: State, prior: State | None, path: str
) -> State:
    planned: State = {}
    for name, attribute in block["attributes"].items():
        if is_write_only(name, attribute):
            planned[name] = None
            continue
        place = f"{path}{name}"
        before = prior.get(name) if prior is not None else None
        planned[name] = _attribute(attribute, kind, place, config[name], before, prior is None)
    for name, nested in block["blocks"].items():
        before = prior.get(name) if prior is not None else None
        planned[name] = _nested(nested, kind, config[name], before, f"{path}{name}.")
    return planned


def _attribute(
    attribute: Block, kind: ResourceType, place: str, wanted: Any, before: Any, is_new: bool
) -> Any:
    if wanted is not None:
        is_document = place in kind.json_attributes or place in kind.policies
        same = is_document and same_document(wanted, before)
        # A set of objects: what is empty and what is not set mean the same.
        same = same or (
            isinstance(wanted, list)
            and bool(wanted)
            and before is not None
            and is_known(wanted)
            and canonical(wanted) == canonical(before)
        )
        return before if same else wanted
    if place in kind.defaults:
        return kind.defaults[place]
    if attribute["computed"]:
        return UNKNOWN if is_new else before
    return None


def _nested(nested: Block, kind: ResourceType, wanted: Any, before: Any, path: str) -> Any:
    inner, nesting = nested["block"], nested["nesting"]
    if wanted is UNKNOWN or wanted is None:
        return wanted
    if nesting == "single":
        return _block(inner, kind, wanted, before, path)
    if nesting == "map":
        return {
            name: _block(inner, kind, item, (before or {}).get(name), path)
            for name, item in wanted.items()
        }
    partners = pair(wanted, members(nested, before), nesting)
    return [
        item if item is UNKNOWN else _block(inner, kind, item, partner, path)
        for item, partner in zip(wanted, partners, strict=True)
    ]


def _mark_recomputed(kind: ResourceType, prior: State, planned: State) -> None:
    # In a loop, because an attribute that becomes unknown can be the reason for the next one.
    for _ in range(len(kind.recomputed) or 1):
        for name, triggers in kind.recomputed.items():
            if any(planned.get(trigger) != prior.get(trigger) for trigger in triggers):
                planned[name] = UNKNOWN


def _replacements(block: Block, kind: ResourceType, prior: State, planned: State) -> list[Path]:
    wanted = set(kind.replace)
    if "region" in block["attributes"]:
        wanted.add("region")
    return [path for place in sorted(wanted) for path in _changed(place, prior, planned)]


def _changed(place: str, prior: Any, planned: Any) -> list[Path]:
    """Return the paths of the changes at a dotted place, or of the block that came or went."""
    name, _, rest = place.partition(".")
    before, after = (prior or {}).get(name), (planned or {}).get(name)
    if canonical(before) == canonical(after):
        return []
    if not rest:
        return [(name,)]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [
            (name, index, *path)
            for index, (old, new) in enumerate(zip(before, after, strict=True))
            for path in _changed(rest, old, new)
        ]
    return [(name,)]
