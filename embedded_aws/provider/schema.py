"""The schema of the AWS provider: every resource type and data source, kept in a file.

Reading all 2,200 modules of the bindings takes about five seconds, so it is done once per version
of the bindings; after that the file is loaded in a fraction of a second. All types are in it: what
a stack uses next year needs nothing new here.
"""

from __future__ import annotations

import copy
import gzip
import importlib.metadata
import importlib.util
import json
import os
import tarfile
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from embedded_aws.provider.schema_typescript import Block, Module

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedded_aws.provider.resource_type import ResourceType

BINDINGS = "cdktf-cdktf-provider-aws"
_PACKAGE = "cdktf_cdktf_provider_aws"
# Raised whenever what is made of the same bindings changes.
_FORMAT = 1


class SchemaError(Exception):
    """The installed bindings cannot be read."""


@dataclass(frozen=True)
class ProviderSchema:
    """The blocks of the provider, its resource types and its data sources.

    A block is ``{"attributes": {name: {"type", "computed", "optional", "required"}}, "blocks":
    {name: {"nesting", "min", "max", "block"}}}``.
    """

    provider: Block
    resources: dict[str, Block]
    data_sources: dict[str, Block]


def load(cache: Path) -> ProviderSchema:
    """Return the schema of the installed bindings, from the cache folder or newly built.

    Parameters
    ----------
    cache
        Folder for the file, made when it is missing.

    Raises
    ------
    SchemaError
        When the bindings are missing or of an unexpected build.
    """
    try:
        version = importlib.metadata.version(BINDINGS)
    except importlib.metadata.PackageNotFoundError:
        raise SchemaError(f"Install {BINDINGS}: the provider's schema is read from it.") from None
    file = cache / f"aws-provider-schema-{version}-{_FORMAT}.json.gz"
    try:
        content = json.loads(gzip.decompress(file.read_bytes()))
        return ProviderSchema(**content)
    except (OSError, EOFError, ValueError, TypeError):
        # Missing or damaged: built anew.
        content = build(_bundle())
    cache.mkdir(parents=True, exist_ok=True)
    _write(file, gzip.compress(json.dumps(content, separators=(",", ":")).encode(), 3))
    return ProviderSchema(**content)


def build(bundle: Path) -> dict[str, Any]:
    """Read every module of a jsii bundle.

    A module that cannot be read is left out: Terraform then says that the provider does not
    support that type. In version 21.22.1 all 2,212 can be read.
    """
    content: dict[str, Any] = {"provider": None, "resources": {}, "data_sources": {}}
    with tarfile.open(bundle) as archive:
        for member in archive:
            path = member.name.split("/")
            if path[:2] != ["package", "lib"] or path[3:] != ["index.js"]:
                continue
            stream = archive.extractfile(member)
            module = Module.from_javascript(stream.read().decode()) if stream else None
            found = module.schema() if module else None
            if found is None:
                continue
            kind, name, block = found
            _lists_for_dynamic(block)
            if kind == "provider":
                content["provider"] = block
            else:
                content["resources" if kind == "resource" else "data_sources"][name] = block
    if content["provider"] is None:
        raise SchemaError(f"{bundle} has no module of the provider itself.")
    return content


def _bundle() -> Path:
    # Found without an import: the package's __init__ imports 2,200 modules.
    spec = importlib.util.find_spec(_PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    bundles = [file for folder in folders or [] for file in Path(folder).glob("_jsii/*.jsii.tgz")]
    if len(bundles) != 1:
        raise SchemaError(f"{BINDINGS} carries no single jsii bundle; install it again.")
    return bundles[0]


def _lists_for_dynamic(block: Block) -> bool:
    """Make lists of those sets that have a member of any type, which Terraform does not allow."""
    dynamic = any("dynamic" in json.dumps(a["type"]) for a in block["attributes"].values())
    for nested in block["blocks"].values():
        inner = _lists_for_dynamic(nested["block"])
        if inner and nested["nesting"] == "set":
            nested["nesting"] = "list"
        dynamic = dynamic or inner
    return dynamic


def _write(file: Path, content: bytes) -> None:
    """Write a file as a whole, so that a second process never reads half of it."""
    descriptor, temporary = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    Path(temporary).replace(file)


def with_defaults(schema: ProviderSchema, kinds: Mapping[str, ResourceType]) -> ProviderSchema:
    """Return the schema with every attribute that has a default marked as computed.

    The AWS provider plans its defaults by a licence that Terraform gives to its old SDK only.
    Everybody else may plan a value for an unset attribute when the attribute is computed too; what
    validates and what is planned is the same.

    Raises
    ------
    SchemaError
        When a type names an attribute that its schema does not have.
    """
    resources = dict(schema.resources)
    for name, kind in kinds.items():
        if name not in resources:
            raise SchemaError(f"{BINDINGS} has no resource type {name}.")
        if kind.defaults:
            resources[name] = copy.deepcopy(resources[name])
            for place in kind.defaults:
                _attribute(resources[name], name, place)["computed"] = True
    return replace(schema, resources=resources)


def _attribute(block: Block, type_name: str, place: str) -> Block:
    *path, attribute = place.split(".")
    try:
        for step in path:
            block = block["blocks"][step]["block"]
        return cast("Block", block["attributes"][attribute])
    except KeyError:
        raise SchemaError(f"{type_name} has no attribute {place}.") from None
