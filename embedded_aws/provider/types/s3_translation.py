"""Blocks of a bucket's settings in Terraform's words and in those of the S3 API.

A `Shape` says once how a block is called on both sides; both directions follow from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Member:
    """One member of a block.

    Parameters
    ----------
    name
        What the S3 API calls it.
    shape
        Shape of a nested block; ``None`` for an attribute.
    many
        Whether the nested block may be repeated.
    kind
        ``"tags"`` for a map that S3 has as a list of tags, ``"date"`` for a time.
    """

    name: str
    shape: Shape | None = None
    many: bool = False
    kind: str = ""


@dataclass(frozen=True)
class Shape:
    """The members of a block by Terraform's name."""

    members: dict[str, Member]

    def to_aws(self, block: dict[str, Any]) -> dict[str, Any]:
        """Return a block as the S3 API has it, without what is not set."""
        result = {}
        for name, member in self.members.items():
            value = _to_aws(member, block.get(name))
            # An empty nested block means something: a filter without conditions, for example.
            if value is not None and (value != "" or name == "prefix"):
                result[member.name] = value
        return result

    def from_aws(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Return an answer of the S3 API as Terraform has it."""
        return {
            name: _from_aws(member, answer.get(member.name))
            for name, member in self.members.items()
        }


def _to_aws(member: Member, value: Any) -> Any:
    if value is None or (isinstance(value, list | dict) and not value):
        return None
    if member.shape is not None:
        blocks = [member.shape.to_aws(block) for block in value]
        return blocks if member.many else blocks[0]
    if member.kind == "tags":
        return [{"Key": key, "Value": text} for key, text in sorted(value.items())]
    return value


def _from_aws(member: Member, value: Any) -> Any:
    if member.shape is not None:
        if value is None:
            return []
        shape = member.shape
        return [shape.from_aws(item) for item in (value if member.many else [value])]
    if member.kind == "tags":
        return {tag["Key"]: tag["Value"] for tag in value or []} or None
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def one(name: str, **members: Member | str) -> Member:
    """Return a nested block that stands at most once."""
    return Member(name, shape(**members))


def many(name: str, **members: Member | str) -> Member:
    """Return a nested block that may be repeated."""
    return Member(name, shape(**members), many=True)


def shape(**members: Member | str) -> Shape:
    """Return a shape; a string is the S3 name of a plain attribute."""
    return Shape({name: Member(m) if isinstance(m, str) else m for name, m in members.items()})
