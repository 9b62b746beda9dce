"""Resource types that the embedded AWS does not have: in the state only, and said so.

Their computed values are made up, but always the same for the same configuration, so that whatever
refers to them has something plausible to refer to.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from embedded_aws.provider.resource_type import DataSource, ResourceType, State

if TYPE_CHECKING:
    from embedded_aws.provider.schema_typescript import Block, Type
    from embedded_aws.provider.session import AwsSession

_NAMES = ("name", "identifier", "domain_name", "domain", "bucket", "alias")


class RecordedOnly(ResourceType):
    """A resource that stands in the state and nowhere else."""

    def __init__(self, type_name: str, block: Block) -> None:
        self._type = type_name
        self._block = block

    def create(self, aws: AwsSession, planned: State) -> State:
        """Make up what AWS would have computed."""
        return invented(self._type, self._block, aws, planned)

    def read(self, aws: AwsSession, state: State) -> State:
        """Return the state: there is nothing behind it that could differ."""
        del aws
        return state

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Do nothing: the plan is the new state."""

    def delete(self, aws: AwsSession, state: State) -> None:
        """Do nothing: Terraform forgets the state."""

    def import_state(self, aws: AwsSession, identifier: str) -> State:
        """Import by making up the rest."""
        return {**invented(self._type, self._block, aws, {"name": identifier}), "id": identifier}


class RecordedOnlyData(DataSource):
    """A data source that answers with made-up values."""

    def __init__(self, type_name: str, block: Block) -> None:
        self._type = type_name
        self._block = block

    def read(self, aws: AwsSession, config: State) -> State:
        """Make up every computed attribute that is not configured."""
        return invented(self._type, self._block, aws, config)


def invented(type_name: str, block: Block, aws: AwsSession, given: State) -> State:
    """Return ``given`` with a value for every computed attribute that has none."""
    text = json.dumps([aws.account_id, aws.region, type_name, given], sort_keys=True, default=str)
    token = hashlib.sha256(text.encode()).hexdigest()
    service, _, resource = type_name.removeprefix("aws_").partition("_")
    name = next((str(given[key]) for key in _NAMES if given.get(key)), None)
    identifier = name or f"{resource or service}-{token[:17]}"
    arn = f"arn:{aws.partition}:{service}:{aws.region}:{aws.account_id}:{resource}/{identifier}"
    known = {"id": identifier, "arn": arn, "region": aws.region, "owner_id": aws.account_id}
    return _fill(block, given, known, f"{type_name}-{token[:8]}")


def _fill(block: Block, given: State, known: State, seed: str) -> State:
    result = dict(given)
    for name, attribute in block["attributes"].items():
        if attribute["computed"] and result.get(name) is None:
            result[name] = known.get(name, _value(attribute["type"], f"{seed}-{name}"))
    for name, nested in block["blocks"].items():
        value = result.get(name)
        inner = nested["block"]
        if isinstance(value, list):
            result[name] = [
                _fill(inner, item, {}, f"{seed}-{name}-{index}") for index, item in enumerate(value)
            ]
        elif isinstance(value, dict) and nested["nesting"] == "single":
            result[name] = _fill(inner, value, {}, f"{seed}-{name}")
    return result


def _value(kind: Type, text: str) -> Any:
    if kind == "string":
        return text
    if kind == "number":
        return 0
    if kind == "bool":
        return False
    if isinstance(kind, list):
        empty: dict[str, Any] = {"list": [], "set": [], "map": {}}
        return empty.get(kind[0])
    return None
