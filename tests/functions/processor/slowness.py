"""What is slow by a clock that is moved by hand, and what is long although it is compressed."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.gzip_members import gunzip


class Clock:
    """The clock of the deadline, moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr("processor.deadline.time.monotonic", lambda: self.now)


def later(function: Callable[..., Any], clock: Clock, seconds: float) -> Callable[..., Any]:
    """Return a function that takes longer: when it is called, or for each that it yields."""

    def each(results: Iterator[Any]) -> Iterator[Any]:
        for result in results:
            clock.now += seconds
            yield result

    def called(*told: Any, **named: Any) -> Any:
        result = function(*told, **named)
        if isinstance(result, Iterator):
            return each(result)
        clock.now += seconds
        return result

    return called


def slow_gunzip(clock: Clock, seconds: float) -> Callable[[Iterator[bytes]], Iterator[bytes]]:
    """Return a decompression that takes so long for each piece that it is given."""
    return lambda chunks: gunzip(later(iter, clock, seconds)(chunks))


def noise(length: int, seed: int = 1) -> bytes:
    """Return letters that no compression makes much shorter."""
    return bytes(random.Random(seed).choices(b"abcdefghijklmnopqrstuvwxyz0123456789", k=length))
