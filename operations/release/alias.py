"""An alias as it was read: of a function, or of the workflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from operations.release.record import Versions


@dataclass(frozen=True)
class Alias:
    """An alias as it was read.

    Parameters
    ----------
    name
        The name of the function or state machine.
    version
        Where it stands.
    weights
        Share of the calls, 0 to 1, by another version.
    revision
        Changes with each update; that of a state machine has none.
    """

    name: str
    version: str
    weights: Mapping[str, float]
    revision: str

    def percent(self, versions: Versions) -> int | None:
        """Return the share of green, in percent; None when it is no step between blue and green."""
        if not self.weights and self.version in (versions.blue, versions.green):
            return 100 if self.version == versions.green else 0
        if self.version == versions.blue and set(self.weights) == {versions.green}:
            return round(100 * self.weights[versions.green])
        return None

    def __str__(self) -> str:
        """Return the versions as a person reads them."""
        shares = [f"{round(100 * share)} % at {other}" for other, share in self.weights.items()]
        return " and ".join([f"version {self.version}", *shares])
