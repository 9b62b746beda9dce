"""What Terraform's schema check cannot see: values that AWS would refuse."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import botocore.session

from embedded_aws.provider.json_documents import problem_of_json, problem_of_policy
from embedded_aws.provider.resource_type import ProviderError
from embedded_aws.provider.values import UNKNOWN, is_empty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded_aws.provider.resource_type import ResourceType, State
    from embedded_aws.provider.schema_typescript import Block


def validate(block: Block, kind: ResourceType, config: State) -> list[ProviderError]:
    """Return everything that is wrong with one resource's configuration.

    Values that are not known yet are taken as right.
    """
    return [
        *_computed(block, config, ""),
        *_documents(kind, config),
        *_enums(kind, config),
        *_conflicts(kind, config),
        *kind.validate(config),
    ]


def _computed(block: Block, config: State, path: str) -> Iterator[ProviderError]:
    for name, attribute in block["attributes"].items():
        settable = attribute["optional"] or attribute["required"]
        if not settable and config.get(name) is not None:
            yield ProviderError(
                "Value for unconfigurable attribute",
                f"{path}{name}",
                f'Can\'t configure a value for "{path}{name}": its value will be decided '
                "automatically based on the result of applying this configuration.",
            )
    for name, nested in block["blocks"].items():
        value = config.get(name)
        items = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
        for index, item in enumerate(items):
            if isinstance(item, dict):
                yield from _computed(nested["block"], item, f"{path}{name}.{index}.")


def _documents(kind: ResourceType, config: State) -> Iterator[ProviderError]:
    for place in sorted(kind.json_attributes | kind.policies):
        check = problem_of_policy if place in kind.policies else problem_of_json
        for path, value in values_at(config, place):
            problem = check(value) if isinstance(value, str) and value else None
            if problem:
                yield ProviderError(f'"{place}" {problem}', path)


@functools.cache
def _model(service: str) -> Any:
    return _models().get_service_model(service)


@functools.cache
def _models() -> Any:
    return botocore.session.get_session()


@functools.cache
def _allowed(service: str, shape: str) -> frozenset[str]:
    return frozenset(_model(service).shape_for(shape).enum)


def _enums(kind: ResourceType, config: State) -> Iterator[ProviderError]:
    for place, (service, shape) in kind.enums.items():
        for path, value in values_at(config, place):
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, str) and one not in _allowed(service, shape):
                    allowed = ", ".join(sorted(_allowed(service, shape)))
                    yield ProviderError(
                        f'expected {place} to be one of [{allowed}], got "{one}"', path
                    )


def _conflicts(kind: ResourceType, config: State) -> Iterator[ProviderError]:
    for group in kind.conflicts:
        given = sorted(name for name in group if not is_empty(config.get(name)))
        if len(given) > 1:
            yield ProviderError(
                f"Conflicting configuration arguments: {' and '.join(given)} exclude each other.",
                given[0],
            )


def values_at(config: Any, place: str, path: str = "") -> Iterator[tuple[str, Any]]:
    """Return (path with indices, value) of everything that is set at a dotted place."""
    name, _, rest = place.partition(".")
    value = config.get(name) if isinstance(config, dict) else None
    if value is None or value is UNKNOWN:
        return
    if not rest:
        yield f"{path}{name}", value
    elif isinstance(value, dict):
        yield from values_at(value, rest, f"{path}{name}.")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from values_at(item, rest, f"{path}{name}.{index}.")
