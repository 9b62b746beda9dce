"""The register of limits: which check looks at which operation, and where AWS documents it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from embedded_aws.iam.refusal import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_aws.iam.call import ApiCall

DOCS = "https://docs.aws.amazon.com/"


@dataclass(frozen=True)
class Limit:
    """One rule of AWS that moto does not enforce.

    Parameters
    ----------
    service
        botocore's name of the service.
    operations
        The operations that it looks at.
    source
        Address of AWS's document.
    check
        Raises `RefusedError` for a call that goes too far.
    """

    service: str
    operations: tuple[str, ...]
    source: str
    check: Callable[[ApiCall], None]


LIMITS: list[Limit] = []
_by_operation: defaultdict[tuple[str, str], list[Limit]] = defaultdict(list)


def limit(
    service: str, *operations: str, source: str
) -> Callable[[Callable[[ApiCall], None]], Callable[[ApiCall], None]]:
    """Register the function below as a check of these operations.

    Parameters
    ----------
    service, operations
        botocore's names.
    source
        Path of AWS's document below docs.aws.amazon.com.
    """

    def register(check: Callable[[ApiCall], None]) -> Callable[[ApiCall], None]:
        entry = Limit(service, operations, DOCS + source, check)
        LIMITS.append(entry)
        for operation in operations:
            _by_operation[service, operation].append(entry)
        return check

    return register


def check_limits(call: ApiCall) -> None:
    """Run every check registered for the call's operation."""
    for entry in _by_operation.get((call.service, call.operation), ()):
        entry.check(call)


def refuse(code: str, message: str, status: int = 400) -> NoReturn:
    """Stop the call with AWS's code and message."""
    raise RefusedError(code, message, status)


def check_range(value: object, lowest: int, highest: int, code: str, message: str) -> None:
    """Refuse a number (or its text) outside the range; an absent one passes."""
    if value is None:
        return
    try:
        inside = lowest <= int(str(value)) <= highest
    except ValueError:
        inside = False
    if not inside:
        refuse(code, message)
