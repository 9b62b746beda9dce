"""Repairs into the table: several at once, again and again as long as there is time."""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Protocol

from aws_lambda_powertools import Logger
from botocore.exceptions import ParamValidationError

from shared.aws_clients import AwsError, error_code, is_transient
from shared.records import WireItem
from stream_processor.ranks import Repair

CONCURRENCY = 16
"""Puts at once. Repairs are of different keys, so their order does not matter."""

_LONGEST_PAUSE = 5.0


class RankedTable(Protocol):
    """The table; see `shared.aws_tables.ProcessedData`."""

    def put_if(self, item: WireItem, condition: dict[str, Any]) -> bool:
        """Put an item under a condition; whether it held."""
        ...


class Restored(NamedTuple):
    """What became of the repairs of a batch.

    Parameters
    ----------
    items : int
        Put back; the others were not needed any more.
    given_up : int
        That DynamoDB refuses whenever they are sent.
    failed : set of str
        Sequence numbers from which the stream has to deliver again.
    """

    items: int
    given_up: int
    failed: set[str]


def restore(
    table: RankedTable, wanted: Sequence[Repair], seconds_left: Callable[[], float], logger: Logger
) -> Restored:
    """Put items back, each under its condition.

    A put that may succeed a moment later is sent again after a pause: exponential backoff with
    full jitter, until the time is used up. Then, and at every other fault of operations, such as a
    missing permission, the stream delivers again. What DynamoDB says is no valid put would stop
    its shard for as long as the stream keeps it; it is logged and left.

    Parameters
    ----------
    table : RankedTable
        The region's replica.
    wanted : sequence of Repair
        At most one per key.
    seconds_left : callable
        Seconds until the work has to be over.
    logger : Logger
        For what is left to a person.
    """
    if not wanted:
        return Restored(0, 0, set())

    def attempt(repair: Repair) -> bool | Exception:
        return _attempt(table, repair, seconds_left)

    items, given_up, failed = 0, 0, set()
    with ThreadPoolExecutor(min(CONCURRENCY, len(wanted)), "rank-keeper") as pool:
        for repair, result in zip(wanted, pool.map(attempt, wanted), strict=True):
            if isinstance(result, bool):
                items += result
                continue
            poison = _is_poison(result)
            logger.error(
                "rank not restored",
                key=repair.key,
                rank=repair.rank,
                cause=str(result),
                poison=poison,
            )
            if poison:
                given_up += 1
            else:
                failed.add(repair.sequence_number)
    return Restored(items, given_up, failed)


def _attempt(
    table: RankedTable, repair: Repair, seconds_left: Callable[[], float]
) -> bool | Exception:
    """Return whether the item was put back, or the error that stands at the end."""
    error: Exception = TimeoutError("no time was left")
    attempt = 0
    pause = 0.0
    while pause < seconds_left():
        time.sleep(pause)
        try:
            return table.put_if(repair.item, repair.condition)
        except (*AwsError, OSError) as raised:
            error = raised
            if not is_transient(error):
                break
        pause = random.uniform(0, min(_LONGEST_PAUSE, 0.05 * 2**attempt))  # noqa: S311
        attempt += 1
    return error


def _is_poison(error: Exception) -> bool:
    return isinstance(error, ParamValidationError) or error_code(error) == "ValidationException"
