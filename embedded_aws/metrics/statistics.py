"""Values of a metric over some time, and their statistics.

Source: CloudWatch User Guide, "CloudWatch statistics definitions".
"""

from __future__ import annotations

import math
import re

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")
_EXACT = 200


class UnknownStatisticError(ValueError):
    """The statistic is none that is computed here."""


class Aggregate:
    """How many values there were, their sum and range, and how they are distributed.

    Different values are kept as they are as long as they are few; beyond `_EXACT` of them, two
    significant digits are kept, so that percentiles are within 5 % and memory is bounded.
    """

    __slots__ = ("_rounds", "count", "maximum", "minimum", "total", "values")

    def __init__(self) -> None:
        self.count = 0.0
        self.total = 0.0
        self.minimum = math.inf
        self.maximum = -math.inf
        self.values: dict[float, float] | None = {}
        self._rounds = False

    def add(self, value: float, count: float = 1.0) -> None:
        """Take in a value that was seen `count` times."""
        self.count += count
        self.total += value * count
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)
        values = self.values
        if values is None:
            return
        if self._rounds:
            value = _rounded(value)
        values[value] = values.get(value, 0.0) + count
        if len(values) > _EXACT and not self._rounds:
            self._rounds = True
            self.values = _all_rounded(values)

    def add_set(self, count: float, total: float, minimum: float, maximum: float) -> None:
        """Take in a statistic set: it has percentiles only where all its values are the same."""
        if count == 1 or minimum == maximum:
            self.add(minimum, count)
            return
        self.count += count
        self.total += total
        self.minimum = min(self.minimum, minimum)
        self.maximum = max(self.maximum, maximum)
        self.values = None

    def merge(self, other: Aggregate, *, distribution: bool = True) -> None:
        """Take in what another has seen; without the distribution there are no percentiles."""
        self.count += other.count
        self.total += other.total
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        if self.values is None or other.values is None or not distribution:
            self.values = None
            return
        for value, count in other.values.items():
            kept = _rounded(value) if self._rounds else value
            self.values[kept] = self.values.get(kept, 0.0) + count
        if len(self.values) > _EXACT and not self._rounds:
            self._rounds = True
            self.values = _all_rounded(self.values)

    def statistic(self, name: str) -> float | None:
        """Return a statistic; None for a percentile of statistic sets.

        Parameters
        ----------
        name
            `SampleCount`, `Average`, `Sum`, `Minimum`, `Maximum`, or a percentile such as `p99.9`.

        Raises
        ------
        UnknownStatisticError
            Trimmed means and the like are not computed here.
        """
        if name == "Sum":
            return self.total
        if name == "SampleCount":
            return self.count
        if name == "Average":
            return self.total / self.count if self.count else None
        if name == "Minimum":
            return self.minimum
        if name == "Maximum":
            return self.maximum
        return self._percentile(percentile(name))

    def _percentile(self, share: float) -> float | None:
        if not self.values:
            return None
        wanted, seen = share / 100 * self.count, 0.0
        for value in sorted(self.values):
            seen += self.values[value]
            if seen >= wanted:
                return min(max(value, self.minimum), self.maximum)
        return self.maximum


def percentile(name: str) -> float:
    """Return the number of a percentile, 0 to 100.

    Raises
    ------
    UnknownStatisticError
        It is no percentile.
    """
    found = _PERCENTILE.fullmatch(name)
    if found is None:
        raise UnknownStatisticError(
            f"the statistic {name!r} is not computed here: {', '.join(STATISTICS)} and pNN.N are"
        )
    return float(found[1])


def _rounded(value: float) -> float:
    if value == 0:
        return 0.0
    return round(value, 1 - math.floor(math.log10(abs(value))))


def _all_rounded(values: dict[float, float]) -> dict[float, float]:
    found: dict[float, float] = {}
    for value, count in values.items():
        key = _rounded(value)
        found[key] = found.get(key, 0.0) + count
    return found
