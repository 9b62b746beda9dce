"""The resource types and data sources that exist: every class in ``embedded_aws.provider.types``.

A module in that package registers its classes with the decorators; nothing else has to list them.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING, TypeVar

from embedded_aws.provider import types as types_package

if TYPE_CHECKING:
    from embedded_aws.provider.resource_type import DataSource, ResourceType

_RESOURCES: dict[str, ResourceType] = {}
_DATA_SOURCES: dict[str, DataSource] = {}

R = TypeVar("R", bound="type[ResourceType]")
D = TypeVar("D", bound="type[DataSource]")


def resource(cls: R) -> R:
    """Register a `ResourceType` under its ``type_name`` (class decorator)."""
    _RESOURCES[cls.type_name] = cls()
    return cls


def data_source(cls: D) -> D:
    """Register a `DataSource` under its ``type_name`` (class decorator)."""
    _DATA_SOURCES[cls.type_name] = cls()
    return cls


@functools.cache
def _load() -> None:
    for module in pkgutil.iter_modules(types_package.__path__, f"{types_package.__name__}."):
        importlib.import_module(module.name)


def resource_types() -> dict[str, ResourceType]:
    """Return every registered resource type by its Terraform name."""
    _load()
    return _RESOURCES


def data_sources() -> dict[str, DataSource]:
    """Return every registered data source by its Terraform name."""
    _load()
    return _DATA_SOURCES
