"""What a million records cost in us-east-1, from measured time and memory.

List prices of AWS on 20 November 2026, without the free tier: AWS Lambda Pricing (arm64) and Amazon
DynamoDB Pricing (on demand, standard table class; replicated writes cost the same per region).
"""

from __future__ import annotations

import math

from benchmarks.running import Measured

PRICED_ON = "2026-11-20"
LAMBDA_GB_SECOND = 0.0000133334
LAMBDA_REQUEST = 0.20 / 1e6
WRITE_REQUEST_UNIT = 0.625 / 1e6
WRITE_UNIT_BYTES = 1024

_COPIES = 2
_SMALLEST_MB, _GROWTH = 128, 1.25
# "Configure Lambda function memory": at 1,769 MB a function has one vCPU; less has a share of it.
_FULL_CPU_MB = 1769


def memory_mb(measured: Measured) -> int:
    """Return the memory to configure: what was used and a quarter more, 128 MB at least."""
    return max(_SMALLEST_MB, math.ceil(measured.rss_mb * _GROWTH))


def compute_dollars(measured: Measured) -> float:
    """Return the price of Lambda for a million records at the latency of the measurement.

    A function with less memory than a whole vCPU's gets as much less of it, so its CPU time
    stretches; the time that it waits for the network stays what it is, and is paid all the same.
    """
    configured = memory_mb(measured)
    share = min(1.0, configured / _FULL_CPU_MB)
    waiting = max(measured.wall_s - measured.cpu_s, 0.0)
    seconds = measured.cpu_s / share + waiting
    per_object = seconds * configured / 1024 * LAMBDA_GB_SECOND + LAMBDA_REQUEST
    return per_object / measured.records * 1e6


def table_dollars(item_bytes: int) -> float:
    """Return the price of DynamoDB for a million items in one region: table and status index."""
    return _COPIES * math.ceil(item_bytes / WRITE_UNIT_BYTES) * WRITE_REQUEST_UNIT * 1e6


def dollars_per_million(measured: Measured, item_bytes: int) -> float:
    """Return the price of a million records: the function and one region's table."""
    return compute_dollars(measured) + table_dollars(item_bytes)
