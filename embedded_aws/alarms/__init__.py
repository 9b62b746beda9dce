"""CloudWatch's alarms: they evaluate, change their state and do something about it.

Stands in for the alarms of moto, which keep the state that somebody sets.

How time is compressed: a period of an alarm lasts its seconds times `RUN.time_scale`, at least 0.2
seconds; everything that CloudWatch does once a minute happens once in such a minute. Statistics
that somebody asks for (GetMetricStatistics, GetMetricData) are told in real time.
"""

from __future__ import annotations

from embedded_aws.alarms import clock, history, operations

__all__ = ["clock", "close", "history", "install", "operations"]


def install() -> None:
    """Begin with no history, and let the alarms evaluate."""
    history.forget()
    operations.install()
    clock.start()


def close() -> None:
    """Evaluate no more."""
    clock.stop()
