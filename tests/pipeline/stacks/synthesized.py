"""The synthesized Terraform JSON of an environment, as the tests read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cdktf

from pipeline.app import add_stacks
from pipeline.config import Environment
from pipeline.datasets import Dataset
from pipeline.naming import Names
from pipeline.packages import Packages
from pipeline.stacks.base import StackProps

REGIONAL = ("primary", "secondary")


@dataclass(frozen=True)
class Resource:
    """One resource or data source: its type, its id in the JSON, its arguments."""

    stack: str
    kind: str
    name: str
    arguments: Mapping[str, Any]

    def __getitem__(self, argument: str) -> Any:
        return self.arguments[argument]

    def get(self, argument: str) -> Any:
        return self.arguments.get(argument)

    @property
    def address(self) -> str:
        return f"{self.kind}.{self.name}"

    def refers_to(self, argument: str, other: Resource, attribute: str) -> bool:
        return bool(self[argument] == f"${{{other.address}.{attribute}}}")

    def waits_for(self, other: Resource) -> bool:
        """Whether Terraform makes the other one first."""
        return other.address in self.arguments.get("depends_on", []) or (
            f"{other.address}." in json.dumps(dict(self.arguments))
        )

    def policy(self, argument: str = "policy") -> list[dict[str, Any]]:
        """The statements of a policy document."""
        document = json.loads(self[argument])
        assert document["Version"] == "2012-10-17"
        statements: list[dict[str, Any]] = document["Statement"]
        return statements


@dataclass(frozen=True)
class Stack:
    """One stack's JSON: as the text that cdktf's matchers take, and parsed."""

    name: str
    text: str

    @cached_property
    def json(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.text)
        return parsed

    def has(self, kind: str, **properties: Any) -> bool:
        """Whether cdktf's matcher finds a resource with these properties."""
        return bool(cdktf.Testing.to_have_resource_with_properties(self.text, kind, properties))

    def resources(self, kind: str | None = None, section: str = "resource") -> list[Resource]:
        """All resources, or those of a kind; a kind that the stack lacks is an error here."""
        found = self.any_resources(kind, section)
        assert found or kind is None, f"{self.name} has no {kind}"
        return found

    def any_resources(self, kind: str | None = None, section: str = "resource") -> list[Resource]:
        """As ``resources``, also where there is none."""
        return [
            Resource(self.name, each, name, {k: v for k, v in body.items() if k != "//"})
            for each, bodies in self.json.get(section, {}).items()
            if kind in (None, each)
            for name, body in bodies.items()
        ]

    def data_sources(self, kind: str | None = None) -> list[Resource]:
        return self.resources(kind, "data")

    def one(self, kind: str, **arguments: Any) -> Resource:
        """The only resource of a kind with these arguments."""
        found = [
            resource
            for resource in self.resources(kind)
            if all(resource.get(name) == value for name, value in arguments.items())
        ]
        assert len(found) == 1, f"{len(found)} {kind} with {arguments} in {self.name}"
        return found[0]

    def providers(self) -> dict[str, dict[str, Any]]:
        """What a resource writes as its provider -> the provider block."""
        blocks = self.json["provider"]["aws"]
        return {f"aws.{b['alias']}" if "alias" in b else "aws": b for b in blocks}

    def region(self, resource: Resource) -> str:
        region: str = self.providers()[resource.get("provider") or "aws"]["region"]
        return region

    def outputs(self) -> dict[str, Any]:
        return {name: body["value"] for name, body in self.json["output"].items()}


@dataclass(frozen=True)
class Synthesized:
    """All stacks of one environment, and what they were made from."""

    environment: Environment
    names: Names
    datasets: tuple[Dataset, ...]
    packages: Packages
    stacks: Mapping[str, Stack]
    dependencies: Mapping[str, frozenset[str]]

    def __getitem__(self, stack: str) -> Stack:
        return self.stacks[stack]

    @property
    def regions(self) -> tuple[str, str]:
        return self.environment.both_regions

    def regional(self) -> Iterator[tuple[str, Stack]]:
        """Each region with its stack."""
        for region, name in zip(self.regions, REGIONAL, strict=True):
            yield region, self.stacks[name]

    def every_resource(self) -> list[Resource]:
        return [each for stack in self.stacks.values() for each in stack.resources()]


def live(stack: Stack, function: Resource) -> Resource:
    """The alias that calls of a function go through."""
    name = f"${{{function.address}.function_name}}"
    return stack.one("aws_lambda_alias", function_name=name, name="live")


def synthesized(
    environment: Environment, datasets: tuple[Dataset, ...], packages: Packages
) -> Synthesized:
    """Synthesize an environment in memory, as ``pipeline.synth`` does into a folder."""
    names = Names(environment)
    app = cdktf.Testing.app()
    add_stacks(app, StackProps(environment, names, datasets, packages))
    stacks = [child for child in app.node.children if isinstance(child, cdktf.TerraformStack)]
    return Synthesized(
        environment,
        names,
        datasets,
        packages,
        {each.node.id: Stack(each.node.id, cdktf.Testing.synth(each)) for each in stacks},
        {each.node.id: frozenset(d.node.id for d in each.dependencies) for each in stacks},
    )
