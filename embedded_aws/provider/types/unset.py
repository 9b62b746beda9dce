"""What AWS answers for a setting that nobody set.

AWS fills a setting that was left out with a default (`""`, `0`, `512`), and says so when asked. The
real provider takes that for "not set" where the configuration says nothing; these readings do the
same, and still show a value that somebody else has changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embedded_aws.provider.resource_type import State


def unless_default(state: State, name: str, value: Any, default: Any) -> Any:
    """Return the value of an attribute; ``None`` when it is the default and not configured.

    Parameters
    ----------
    state
        The state before reading.
    name
        The attribute.
    value
        What AWS says now.
    default
        What AWS says when the setting was left out.
    """
    if state.get(name) is None and (value is None or value == default):
        return None
    return default if value is None else value


def text(state: State, name: str, value: str | None) -> str | None:
    """Return a text attribute, for which AWS's empty text means "not set"."""
    return unless_default(state, name, value, "")  # type: ignore[no-any-return]


def block_unless_default(state: State, name: str, value: State, default: State) -> list[State]:
    """Return a block as a list; empty when it has the default and is not configured."""
    return [value] if state.get(name) or value != default else []
