"""Paths of Amazon States Language: JSONPath, and the reference paths among them.

Source: Step Functions Developer Guide, "Using JSONPath paths"; operators as in Jayway JsonPath,
which Step Functions uses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from embedded_aws.workflows.path_filters import Filter, parse_filter

if TYPE_CHECKING:
    from collections.abc import Iterator


class PathError(ValueError):
    """A path is written wrong, or leads nowhere; the message says where it stops."""


@dataclass(frozen=True)
class Step:
    """One step of a path.

    Parameters
    ----------
    keys
        Names and indexes that it takes; None: everything.
    begin, end, stride
        The part of a list that it takes, when `sliced`.
    descends
        Whether it looks at every depth.
    condition
        What an entry must fulfil.
    """

    keys: tuple[str | int, ...] | None = None
    sliced: bool = False
    begin: int | None = None
    end: int | None = None
    stride: int | None = None
    descends: bool = False
    condition: Filter | None = None

    @property
    def definite(self) -> bool:
        """Whether it leads to one place at most."""
        return self.keys is not None and len(self.keys) == 1 and not self.descends

    def follow(self, value: Any) -> Iterator[Any]:
        """Return where it leads to from a value."""
        for start in _all(value) if self.descends else (value,):
            yield from self._from(start)

    def _from(self, value: Any) -> Iterator[Any]:
        if self.sliced:
            if isinstance(value, list):
                yield from value[self.begin : self.end : self.stride]
        elif self.keys is None:
            inside = value.values() if isinstance(value, dict) else value
            if isinstance(value, dict | list):
                chosen = self.condition
                yield from (each for each in inside if chosen is None or chosen(each))
        else:
            for key in self.keys:
                if isinstance(key, str):
                    if isinstance(value, dict) and key in value:
                        yield value[key]
                elif isinstance(value, list) and -len(value) <= key < len(value):
                    yield value[key]


def _all(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, dict | list):
        for inside in value.values() if isinstance(value, dict) else value:
            yield from _all(inside)


@dataclass(frozen=True)
class JsonPath:
    """A parsed path."""

    text: str
    steps: tuple[Step, ...]

    @property
    def definite(self) -> bool:
        """Whether it leads to one place at most."""
        return all(step.definite for step in self.steps)

    def value(self, document: Any) -> Any:
        """Return what the path names: one value, or the list of all for an indefinite path.

        Raises
        ------
        PathError
            A definite path leads nowhere.
        """
        found = [document]
        for number, step in enumerate(self.steps):
            found = [each for start in found for each in step.follow(start)]
            if not found and self.definite:
                raise PathError(f"Missing property in path {self._until(number)}")
        return found[0] if self.definite else found

    def _until(self, number: int) -> str:
        keys = (step.keys[0] for step in self.steps[: number + 1] if step.keys)
        return "$" + "".join(f"[{key!r}]" for key in keys)

    def put(self, document: Any, value: Any) -> Any:
        """Return the document with the value at the path; what is missing on the way is made.

        Raises
        ------
        PathError
            Something that is no object or list is in the way, or the list is too short.
        """
        return _put(document, [step.keys[0] for step in self.steps if step.keys], value)


def _put(document: Any, keys: list[str | int], value: Any) -> Any:
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if isinstance(key, int):
        if not isinstance(document, list) or not -len(document) <= key < len(document):
            raise PathError(f"there is no element {key}")
        copied = list(document)
        copied[key] = _put(document[key], rest, value)
        return copied
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise PathError(f"{key!r} would be inside of something that is no object")
    return {**document, key: _put(document.get(key), rest, value)}


_NAME = re.compile(r"[^\s.\[\]()'\",@?*$:]+")
_INDEX = re.compile(r"\s*(-?\d+)\s*")
_SLICE = re.compile(r"\s*(-?\d+)?\s*:\s*(-?\d+)?\s*(?::\s*(-?\d+)?\s*)?")
_QUOTED = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*""")


@lru_cache(4096)
def parse(text: str) -> JsonPath:
    """Parse a path that begins with `$`.

    Raises
    ------
    PathError
        It is no path.
    """
    if not text.startswith("$"):
        raise PathError(f"path {text!r} must begin with $")
    steps: list[Step] = []
    at = 1
    while at < len(text):
        descends = text.startswith("..", at)
        if text[at] == ".":
            at += 2 if descends else 1
            if not (descends and text.startswith("[", at)):
                step, at = _named(text, at)
                steps.append(_descending(step) if descends else step)
                continue
        if not text.startswith("[", at):
            raise PathError(f"path {text!r} is not understood at {text[at:]!r}")
        step, at = _bracketed(text, at)
        steps.append(_descending(step) if descends else step)
    return JsonPath(text, tuple(steps))


def _descending(step: Step) -> Step:
    return Step(**{**vars(step), "descends": True})


def _named(text: str, at: int) -> tuple[Step, int]:
    if text.startswith("*", at):
        return Step(), at + 1
    found = _NAME.match(text, at)
    if not found:
        raise PathError(f"path {text!r} is not understood at {text[at:]!r}")
    if text.startswith("(", found.end()):
        raise PathError(f"path {text!r}: functions such as {found[0]}() are not run here")
    return Step(keys=(found[0],)), found.end()


def _bracketed(text: str, at: int) -> tuple[Step, int]:
    end = _closing(text, at)
    inside = text[at + 1 : end].strip()
    return _step(text, inside), end + 1


def _step(text: str, inside: str) -> Step:
    if inside == "*":
        return Step()
    if inside.startswith("?"):
        try:
            return Step(condition=parse_filter(inside[1:].strip(), parse))
        except ValueError as wrong:
            raise PathError(f"path {text!r}: {wrong}") from wrong
    if found := _SLICE.fullmatch(inside):
        begin, end, stride = (int(part) if part else None for part in found.groups())
        return Step(sliced=True, begin=begin, end=end, stride=stride)
    return Step(keys=tuple(_keys(text, inside)))


def _keys(text: str, inside: str) -> Iterator[str | int]:
    """Return the names and indexes between brackets."""
    at = 0
    while True:
        if found := _QUOTED.match(inside, at):
            name = found[1] if found[1] is not None else found[2]
            yield re.sub(r"\\(.)", r"\1", name)
        elif found := _INDEX.match(inside, at):
            yield int(found[1])
        else:
            break
        at = found.end()
        if at == len(inside):
            return
        if inside[at] != ",":
            break
        at += 1
    raise PathError(f"path {text!r} is not understood at {inside!r}")


def _closing(text: str, at: int) -> int:
    """Return where the bracket at a position closes."""
    depth, quote, place = 0, "", at
    while place < len(text):
        char = text[place]
        if quote:
            if char == "\\":
                place += 1
            elif char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        elif char in "[(":
            depth += 1
        elif char in ")]":
            depth -= 1
            if depth == 0:
                return place
        place += 1
    raise PathError(f"path {text!r}: a bracket is not closed")
