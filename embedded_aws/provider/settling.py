"""What stands in the state after AWS has answered.

AWS answers in its own words: an empty list for nothing, keys of a document in another order, the
members of a set as it likes. Here its answer is laid over what Terraform knows, so that only a
real difference is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.provider.json_documents import same_document
from embedded_aws.provider.values import UNKNOWN, canonical, conform, is_empty, members, pair

if TYPE_CHECKING:
    from embedded_aws.provider.resource_type import ResourceType, State
    from embedded_aws.provider.schema_typescript import Block
    from embedded_aws.provider.session import AwsSession


def settle_read(
    block: Block, kind: ResourceType, aws: AwsSession, prior: State, answer: State
) -> State:
    """Return the new state of a refresh: ``prior`` with what AWS really says differently."""
    answer = {name: value for name, value in answer.items() if name in _names(block)}
    if answer.get("tags_all") is not None and "tags" in block["attributes"]:
        answer["tags_all"] = _seen_tags(aws, answer["tags_all"])
        answer["tags"] = own_tags(aws, answer["tags_all"], prior)
    return _read_block(block, kind, prior, conform(block, {**prior, **answer}), "")


def own_tags(aws: AwsSession, tags_all: dict[str, str], prior: State) -> dict[str, str] | None:
    """Return the resource's own tags: all but those that the provider block gives or gave."""
    mine = prior.get("tags") or {}
    # A default tag whose default has just changed is still a default tag.
    by_default = (prior.get("tags_all") or {}).keys() - mine.keys()
    tags = {
        key: value
        for key, value in tags_all.items()
        if key in mine or (key not in by_default and aws.default_tags.get(key) != value)
    }
    return None if not tags and prior.get("tags") is None else tags


def _seen_tags(aws: AwsSession, tags: dict[str, str]) -> dict[str, str]:
    return {
        key: value
        for key, value in tags.items()
        if not key.startswith("aws:")
        and key not in aws.ignored_tags
        and not any(key.startswith(prefix) for prefix in aws.ignored_tag_prefixes)
    }


def _names(block: Block) -> set[str]:
    return {*block["attributes"], *block["blocks"]}


def _read_block(
    block: Block, kind: ResourceType, prior: State | None, answer: State, path: str
) -> State:
    if prior is None:
        return answer
    result: State = {}
    for name in block["attributes"]:
        before, now = prior.get(name), answer[name]
        place = f"{path}{name}"
        is_document = place in kind.json_attributes or place in kind.policies
        same = (
            (is_document and same_document(before, now))
            or (is_empty(before) and is_empty(now))
            or (isinstance(now, list | dict) and canonical(before) == canonical(now))
        )
        result[name] = before if same else now
    for name, nested in block["blocks"].items():
        result[name] = _read_nested(nested, kind, prior.get(name), answer[name], f"{path}{name}.")
    return result


def _read_nested(nested: Block, kind: ResourceType, before: Any, now: Any, path: str) -> Any:
    inner, nesting = nested["block"], nested["nesting"]
    if now is None:
        return now
    if nesting == "single":
        return _read_block(inner, kind, before, now, path)
    if nesting == "map":
        return {
            name: _read_block(inner, kind, (before or {}).get(name), item, path)
            for name, item in now.items()
        }
    partners = pair(now, members(nested, before), nesting)
    return [
        _read_block(inner, kind, partner, item, path)
        for item, partner in zip(now, partners, strict=True)
    ]


def settle_apply(block: Block, planned: State, answer: State) -> State:
    """Return the state after an apply: what was planned, and AWS's answer where it was open.

    Terraform refuses a provider that changes a planned value during an apply.
    """
    result: State = {
        name: answer.get(name) if planned[name] is UNKNOWN else _filled(planned[name], answer, name)
        for name in block["attributes"]
    }
    for name, nested in block["blocks"].items():
        result[name] = _apply_nested(nested, planned[name], answer.get(name))
    return result


def _filled(value: Any, answer: State, name: str) -> Any:
    """Fill the unknown values inside a map such as ``tags_all``."""
    if isinstance(value, dict) and UNKNOWN in value.values():
        return answer.get(name) or {}
    return value


def _apply_nested(nested: Block, planned: Any, answer: Any) -> Any:
    inner, nesting = nested["block"], nested["nesting"]
    if planned is UNKNOWN:
        return answer if answer is not None or nesting == "single" else []
    if planned is None:
        return None
    if nesting == "single":
        return settle_apply(inner, planned, answer or {})
    if nesting == "map":
        return {
            name: settle_apply(inner, item, (answer or {}).get(name) or {})
            for name, item in planned.items()
        }
    partners = pair(planned, members(nested, answer), nesting)
    return [
        settle_apply(inner, item, partner or {})
        for item, partner in zip(planned, partners, strict=True)
    ]
