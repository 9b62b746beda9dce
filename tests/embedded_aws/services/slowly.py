"""Widen the moment between a look and a write, in which others must not get in."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


def slowly(patch: pytest.MonkeyPatch, owner: Any, name: str, seconds: float = 0.005) -> None:
    """Let other threads run after each call of a function of moto's."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def slow(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        time.sleep(seconds)
        return result

    patch.setattr(owner, name, slow)
