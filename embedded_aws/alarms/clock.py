"""When alarms evaluate: once a minute (every ten seconds with short periods), compressed.

Source: CloudWatch User Guide, "Alarm evaluation".
"""

from __future__ import annotations

import math
import threading
import time
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from embedded_aws.alarms import metric_alarms, states
from embedded_aws.state import RUN

GRACE = 0.3
"""Seconds after the end of a period in which late values, such as those of logs, still count."""

_SHORT = 10
_MINUTE = 60
_LONGEST_LOOK = 0.5


class _Clock:
    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        look = min(metric_alarms.compressed(_SHORT) / 2, _LONGEST_LOOK)
        while not self._stopped.wait(look):
            for alarm in _alarms():
                if self._stopped.is_set():
                    return
                try:
                    _evaluate_when_due(alarm, time.time() - GRACE)
                except Exception as error:  # noqa: BLE001 - one alarm must not stop the others
                    if not RUN.closing.is_set():
                        RUN.error(f"alarm {alarm.name}: {error!r}")


def _alarms() -> list[Any]:
    """Return the metric alarms of the regions that are up."""
    return [
        alarm
        for region, backend in list(cloudwatch_backends[RUN.account].items())
        if backend.alarms and not RUN.is_down(region)
        for alarm in list(backend.alarms.values())
        if not alarm.rule
    ]


def _evaluate_when_due(alarm: Any, now: float) -> None:
    period = metric_alarms.nominal_period(alarm)
    interval = metric_alarms.compressed(_MINUTE if period >= _MINUTE else _SHORT)
    end = math.floor(now / interval) * interval
    if end > alarm.evaluated_until:
        _evaluate(alarm, end)
        metric_alarms.sample(alarm)


def _evaluate(alarm: Any, end: float) -> None:
    """Evaluate an alarm up to a moment, unless it is gone or that was done already."""
    with states.LOCK:
        is_gone = states.find(alarm.region_name, alarm.name) is not alarm
        if not is_gone and end > alarm.evaluated_until:
            alarm.evaluated_until = end
            metric_alarms.evaluate(alarm, end)


def evaluate_now() -> list[dict[str, str]]:
    """Evaluate all alarms up to this moment, and return every alarm's state.

    Returns
    -------
    list
        `region`, `name` and `state` of each alarm, composite ones included.
    """
    for alarm in _alarms():
        metric_alarms.sample(alarm)
        _evaluate(alarm, time.time() + 0.001)
    return [
        {"region": region, "name": alarm.name, "state": alarm.state_value}
        for region, backend in sorted(cloudwatch_backends[RUN.account].items())
        for alarm in list(backend.alarms.values())
    ]


_clock: _Clock | None = None


def start() -> None:
    """Let the clock run."""
    global _clock  # noqa: PLW0603 - one per run
    if _clock is None:
        _clock = _Clock()


def stop() -> None:
    """Stop the clock."""
    global _clock  # noqa: PLW0603 - one per run
    if _clock is not None:
        _clock.stop()
        _clock = None
