"""Where metrics lie: slots of time by metric, narrow for what is new and wide for what is old.

Stands in for `CloudWatchBackend.metric_data` of moto, a list of every value that is never shortened
and is read from end to end for every question.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left, insort
from collections import defaultdict
from typing import TYPE_CHECKING

from embedded_aws.metrics.statistics import Aggregate
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Dimensions = tuple[tuple[str, str], ...]
"""Names and values of a metric's dimensions; () for none."""

WIDTHS = ((120_000, 100), (900_000, 1_000), (86_400_000, 60_000))
"""Up to which age, ms, a slot has which width, ms. What is older is forgotten.

Alarms look at the narrow slots, since their periods are compressed by the time scale.
"""
FUTURE = 7_200_000  # ms: "MetricDatum", CloudWatch API reference
MOST = 20_000
_GROWTH = 500


class _Series:
    """The slots of one metric in one unit."""

    __slots__ = ("_limit", "slots", "starts", "unit")

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self.starts: list[int] = []  # sorted
        self.slots: dict[int, Aggregate] = {}
        self._limit = _GROWTH

    def slot(self, start: int) -> Aggregate:
        found = self.slots.get(start)
        if found is None:
            if len(self.starts) >= self._limit:
                self._compact(int(time.time() * 1000))
            found = self.slots[start] = Aggregate()
            if self.starts and start < self.starts[-1]:
                insort(self.starts, start)
            else:
                self.starts.append(start)
        return found

    def _compact(self, now: int) -> None:
        slots: dict[int, Aggregate] = {}
        for start in self.starts:
            wide = _start(start, now)
            if wide is None:
                continue
            if wide in slots:
                slots[wide].merge(self.slots[start])
            else:
                slots[wide] = self.slots[start]
        self.slots, self.starts = slots, sorted(slots)
        self._limit = len(slots) + _GROWTH

    def between(self, start: int, end: int) -> Iterator[tuple[int, Aggregate]]:
        for at in range(bisect_left(self.starts, start), len(self.starts)):
            if self.starts[at] >= end:
                return
            yield self.starts[at], self.slots[self.starts[at]]


def _start(moment: int, now: int) -> int | None:
    """Return the start of the slot of a moment, ms; None when it is too old or in the future."""
    age = now - moment
    if age < -FUTURE:
        return None
    for limit, width in WIDTHS:
        if age <= limit:
            return moment - moment % width
    return None


_lock = threading.Lock()
_samplers: dict[str, Callable[[str, str, Dimensions], None]] = {}
_series: dict[tuple[str, str, str, Dimensions, str], _Series] = {}
_units: defaultdict[tuple[str, str, str, Dimensions], list[_Series]] = defaultdict(list)


def put(
    region: str,
    namespace: str,
    dimension_sets: Iterable[Dimensions],
    values: Sequence[tuple[str, str, float]],
    at: float | None = None,
) -> None:
    """Add values to metrics, each under each of the dimension sets.

    Parameters
    ----------
    region
        Region name.
    namespace
        For example `AWS/Lambda`.
    dimension_sets
        Each of them makes a metric of its own; the order of dimensions does not matter.
    values
        Name, unit (`None` for none) and value of each metric.
    at
        When that was, seconds since the epoch; now when it is not given.
    """
    now = int(time.time() * 1000)
    start = _start(now if at is None else int(at * 1000), now)
    if start is None:
        return
    with _lock:
        for dimensions in dimension_sets:
            named = tuple(sorted(dimensions))
            for name, unit, value in values:
                series = _of(region, namespace, name, named, unit)
                if series is not None:
                    series.slot(start).add(value)


def put_aggregate(
    region: str,
    namespace: str,
    name: str,
    dimensions: Dimensions,
    unit: str,
    aggregate: Aggregate,
    at: float | None = None,
) -> None:
    """Add what was aggregated already to one metric; the parameters are those of `put`."""
    now = int(time.time() * 1000)
    start = _start(now if at is None else int(at * 1000), now)
    if start is None:
        return
    with _lock:
        series = _of(region, namespace, name, tuple(sorted(dimensions)), unit)
        if series is not None:
            series.slot(start).merge(aggregate)


def sample_by(namespace: str, sample: Callable[[str, str, Dimensions], None]) -> None:
    """Let `sample` put the present value of a metric whenever one of the namespace is read.

    It is called with region, name and dimensions. So a value that is there without anything
    happening, such as the length of a queue, costs nothing as long as nobody asks for it.
    """
    _samplers[namespace] = sample


def sample(region: str, namespace: str, name: str, dimensions: Dimensions) -> None:
    """Put the present value of a metric, if it is of those that are looked up."""
    if namespace in _samplers:
        _samplers[namespace](region, name, dimensions)


def _of(
    region: str, namespace: str, name: str, dimensions: Dimensions, unit: str
) -> _Series | None:
    key = (region, namespace, name, dimensions, unit)
    series = _series.get(key)
    if series is None:
        if len(_series) >= MOST:
            RUN.notice(f"metrics: beyond {MOST} of them, new ones such as {name} are lost")
            return None
        series = _series[key] = _Series(unit)
        _units[key[:4]].append(series)
    return series


def read(
    region: str,
    namespace: str,
    name: str,
    dimensions: Dimensions,
    starts: Sequence[float],
    seconds: float,
    unit: str | None = None,
    *,
    distribution: bool = True,
) -> list[Aggregate | None]:
    """Return what a metric was in periods of time; None where it has no value.

    Parameters
    ----------
    region, namespace, name, dimensions
        Which metric; the order of dimensions does not matter.
    starts
        Where the periods begin, seconds since the epoch, in ascending order and not overlapping.
    seconds
        The length of a period; a value at its end belongs to the next one.
    unit
        Take only values in this unit; all when it is not given.
    distribution
        Whether percentiles are wanted, which take longer.
    """
    found: list[Aggregate | None] = [None] * len(starts)
    with _lock:
        for series in _units.get((region, namespace, name, tuple(sorted(dimensions))), ()):
            if unit is not None and series.unit != unit:
                continue
            for at, begin in enumerate(starts):
                end = round((begin + seconds) * 1000)
                for _, aggregate in series.between(round(begin * 1000), end):
                    kept = found[at]
                    if kept is None:
                        kept = found[at] = Aggregate()
                    kept.merge(aggregate, distribution=distribution)
    return found


def known(region: str) -> list[tuple[str, str, Dimensions]]:
    """Return the metrics of a region: namespace, name and dimensions, sorted."""
    with _lock:
        return sorted(key[1:] for key in _units if key[0] == region)


def span(region: str, namespace: str, name: str, dimensions: Dimensions) -> tuple[str, int, int]:
    """Return the unit of a metric and its first and last slot, ms; both 0 when it has none."""
    with _lock:
        held = _units.get((region, namespace, name, tuple(sorted(dimensions))), ())
        starts = [start for series in held for start in series.starts]
        unit = next((series.unit for series in held if series.unit != "None"), "None")
    return (unit, min(starts), max(starts)) if starts else (unit, 0, 0)


def forget() -> None:
    """Begin with no metrics."""
    with _lock:
        _series.clear()
        _units.clear()
