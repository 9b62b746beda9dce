"""CloudWatch's metrics: one place where every service puts them, bounded in memory.

`store.put` is for all: services of the embedded AWS, functions that write in embedded metric
format, and callers of PutMetricData.
"""

from __future__ import annotations

from embedded_aws.metrics import embedded_format, operations


def install() -> None:
    """Begin with no metrics, and answer CloudWatch's operations on them."""
    operations.install()
    embedded_format.install()
