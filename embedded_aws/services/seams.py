"""How a function of ours takes the place of one of moto's, once, however often it is installed."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_MARK = "_embedded_aws_stand_ins"


def stand_in(owner: Any, name: str, substitute: Callable[..., Any]) -> None:
    """Let `substitute` answer for `owner.name`; doing it again changes nothing.

    Parameters
    ----------
    owner
        A class or module of moto.
    name
        The function to stand in for. Several substitutes may stand in for one function: the last
        one installed is asked first.
    substitute
        Called with moto's function first and then with the arguments of the call.
    """
    original = getattr(owner, name)
    present: frozenset[str] = getattr(original, _MARK, frozenset())
    identity = f"{substitute.__module__}.{substitute.__qualname__}"
    if identity in present:
        return

    @functools.wraps(original)
    def standing_in(*arguments: Any, **named: Any) -> Any:
        return substitute(original, *arguments, **named)

    setattr(standing_in, _MARK, present | {identity})
    setattr(owner, name, standing_in)
