"""Terraform schemas, rebuilt from the TypeScript inside the installed provider bindings.

The bindings of ``cdktf-cdktf-provider-aws`` are generated from the provider's own schema, and their
source maps carry that TypeScript. Three places of a class say what the schema said:

- ``// name - computed: true, optional: true, required: false`` above each property,
- the property itself: ``getStringAttribute``, ``new S3BucketGrantList(this, "grant", true)``,
- the ``...ToHclTerraform`` function: ``isBlock``, ``type`` and ``storageClassType`` of each one,
  and the last argument of ``listMapperHcl``, which is false for an attribute of objects
  (``ingress`` of a security group) and true for a nested block.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

Type = Any  # a type as Terraform writes it in JSON: "string", ["list", "string"], ["object", {...}]
Block = dict[str, Any]

_SIMPLE: dict[str, Type] = {
    "string": "string",
    "number": "number",
    "boolean": "bool",
    "any": "dynamic",
    "stringList": ["list", "string"],
    "numberList": ["list", "number"],
    "booleanList": ["list", "bool"],
    "stringMap": ["map", "string"],
    "numberMap": ["map", "number"],
    "booleanMap": ["map", "bool"],
}
# First match wins: the more special getter stands before the one whose name it contains.
_GETTERS: tuple[tuple[str, Type], ...] = (
    ("getStringMapAttribute", ["map", "string"]),
    ("getNumberMapAttribute", ["map", "number"]),
    ("getBooleanMapAttribute", ["map", "bool"]),
    ("getAnyMapAttribute", ["map", "dynamic"]),
    ("getStringAttribute", "string"),
    ("getBooleanAttribute", "bool"),
    ("getNumberListAttribute", ["list", "number"]),
    ("getNumberAttribute", "number"),
    ("StringMap(", ["map", "string"]),
    ("BooleanMap(", ["map", "bool"]),
    ("NumberMap(", ["map", "number"]),
)
_NESTING = {"list": "list", "set": "set", "struct": "single", "map": "map"}

_SOURCE_MAP = re.compile(r"sourceMappingURL=data:application/json;base64,(\S+)")
_DECLARATION = re.compile(r"^export (class|function|interface) (\w+).*?^\}", re.M | re.S)
_FLAGS = re.compile(r"^  // (\S+) - computed: (\w+), optional: (\w+), required: (\w+)", re.M)
_PROPERTY = re.compile(
    r"^  // (\S+) - computed:.*?(?=^  // \S+ - computed:|^  // =====|\Z)", re.M | re.S
)
_COMPLEX = re.compile(r'new (\w+)\(this, "[\w-]+"(?:, (true|false))?\)')
_HCL = re.compile(
    r'^ {4,6}"?([\w-]+)"?: \{\s*\n\s*value: (.*?),\n\s*isBlock: (true|false),\n'
    r'\s*type: "(\w+)",\n\s*storageClassType: "([^"]*)",\n',
    re.M | re.S,
)
_MAPPER = re.compile(r"(\w+)ToHclTerraform")
_INTERFACE_MEMBER = re.compile(r"readonly (\w+)(\??):")


class Reference(NamedTuple):
    """A property whose type is another class of the module."""

    name: str
    is_set: bool

    @property
    def struct(self) -> str:
        """Name of the struct behind ``...OutputReference``, ``...List`` or ``...Map``."""
        return re.sub(r"(OutputReference|MapList|List|Map)$", "", self.name)


class HclEntry(NamedTuple):
    """One entry of a ``...ToHclTerraform`` function."""

    value: str
    is_block: bool
    kind: str
    storage: str

    @property
    def is_object_attribute(self) -> bool:
        """Tell whether objects are given by an attribute and not by nested blocks."""
        return "ToHclTerraform, false)" in self.value


@dataclass(frozen=True)
class Module:
    """One module of the bindings: its classes, functions and interfaces by name."""

    source: str

    @classmethod
    def from_javascript(cls, javascript: str) -> Module:
        """Take the TypeScript out of the source map of a compiled module."""
        found = _SOURCE_MAP.search(javascript)
        if found is None:
            raise ValueError("the module carries no source map")
        return cls(json.loads(base64.b64decode(found.group(1)))["sourcesContent"][0])

    @cached_property
    def declarations(self) -> dict[tuple[str, str], str]:
        """``(class | function | interface, name)`` -> source."""
        return {
            (found.group(1), found.group(2)): found.group(0)
            for found in _DECLARATION.finditer(self.source)
        }

    def schema(self) -> tuple[str, str, Block] | None:
        """Return (``provider | resource | data``, Terraform type, block), or ``None``."""
        for (kind, name), source in self.declarations.items():
            found = re.search(r'static readonly tfResourceType = "(\w+)"', source)
            if kind == "class" and found:
                hcl = source.partition("synthesizeHclAttributes")[2]
                block = self._block(source, hcl)
                if name == "AwsProvider":
                    block["attributes"].pop("alias", None)
                    return "provider", found.group(1), block
                return ("data" if name.startswith("DataAws") else "resource"), found.group(1), block
        return None

    def _block(self, class_source: str, hcl_source: str) -> Block:
        entries = _hcl_entries(hcl_source)
        types = _property_types(class_source)
        block: Block = {"attributes": {}, "blocks": {}}
        for name, computed, optional, required in _FLAGS.findall(class_source):
            entry, declared = entries.get(name), types.get(name)
            if entry and entry.is_block and not entry.is_object_attribute:
                block["blocks"][name] = self._nested(entry, declared, required == "true")
                continue
            block["attributes"][name] = {
                "type": self._type(entry, declared),
                "computed": computed == "true",
                "optional": optional == "true",
                "required": required == "true",
            }
        return block

    def _nested(self, entry: HclEntry, declared: Type | Reference, required: bool) -> Block:
        nesting = _NESTING[entry.kind]
        counted = nesting in {"list", "set"}
        if isinstance(declared, Reference):
            inner = self._struct(declared.struct)
            single = declared.name.endswith("OutputReference")
        else:
            found = _MAPPER.search(entry.value)
            inner = self._interface(found.group(1)) if found else _empty()
            single = False
        return {
            "nesting": nesting,
            "min": 1 if required and counted else 0,
            "max": 1 if single and counted else 0,
            "block": inner,
        }

    def _struct(self, name: str) -> Block:
        class_source = self.declarations.get(("class", f"{name}OutputReference"), "")
        function = f"{name[0].lower()}{name[1:]}ToHclTerraform"
        return self._block(class_source, self.declarations.get(("function", function), ""))

    def _interface(self, mapper: str) -> Block:
        """Return the block of a struct without a class of its own: those of the provider."""
        interface = self.declarations.get(("interface", mapper[0].upper() + mapper[1:]), "")
        optional = {
            _snake(name): mark == "?" for name, mark in _INTERFACE_MEMBER.findall(interface)
        }
        function = self.declarations.get(("function", f"{mapper}ToHclTerraform"), "")
        block = _empty()
        for name, entry in _hcl_entries(function).items():
            may_be_left_out = optional.get(name, True)
            if entry.is_block and not entry.is_object_attribute:
                block["blocks"][name] = self._nested(entry, None, not may_be_left_out)
                continue
            block["attributes"][name] = {
                "type": self._type(entry, None),
                "computed": False,
                "optional": may_be_left_out,
                "required": not may_be_left_out,
            }
        return block

    def _type(self, entry: HclEntry | None, declared: Type | Reference) -> Type:
        if isinstance(declared, Reference):
            return self._reference_type(declared)
        if entry and entry.storage in _SIMPLE:
            simple = _SIMPLE[entry.storage]
            if isinstance(simple, list) and entry.kind == "set":
                return ["set", simple[1]]
            return simple
        return declared or "dynamic"

    def _reference_type(self, reference: Reference) -> Type:
        members = self.declarations.get(("class", f"{reference.struct}OutputReference"), "")
        entries = _hcl_entries(
            self.declarations.get(
                (
                    "function",
                    f"{reference.struct[0].lower()}{reference.struct[1:]}ToHclTerraform",
                ),
                "",
            )
        )
        described = {
            name: self._type(entries.get(name), declared)
            for name, declared in _property_types(members).items()
        }
        if reference.name.endswith("OutputReference"):
            return ["object", described]
        if reference.name.endswith("Map"):
            return ["map", ["object", described]]
        return ["set" if reference.is_set else "list", ["object", described]]


def _empty() -> Block:
    return {"attributes": {}, "blocks": {}}


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def _hcl_entries(source: str) -> dict[str, HclEntry]:
    return {
        name: HclEntry(value, is_block == "true", kind, storage)
        for name, value, is_block, kind, storage in _HCL.findall(source)
    }


def _property_types(class_source: str) -> dict[str, Type | Reference]:
    return {
        found.group(1): _property_type(found.group(0)) for found in _PROPERTY.finditer(class_source)
    }


def _property_type(source: str) -> Type | Reference:
    for getter, simple in _GETTERS:
        if getter in source:
            return simple
    if "getListAttribute" in source:
        return ["set" if "Fn.tolist" in source else "list", "string"]
    found = _COMPLEX.search(source)
    if found:
        return Reference(found.group(1), found.group(2) == "true")
    return None
