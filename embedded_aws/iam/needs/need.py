"""What a call needs: an action of AWS's service authorization reference, on a resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from embedded_aws.state import RUN

Keys = Mapping[str, Sequence[str]]
"""Condition keys in lower case with their values."""


def no_keys() -> Keys:
    """Give no condition keys of the service's own."""
    return {}


@dataclass(frozen=True)
class Need:
    """One permission that the caller must have.

    Parameters
    ----------
    action
        Such as `s3:GetObjectVersion`, spelled as in
        https://docs.aws.amazon.com/service-authorization/latest/reference/
    resource
        ARN, or `*` where AWS judges no resource.
    keys
        Gives the condition keys of the service; only asked when a policy looks at such keys.
    """

    action: str
    resource: str = "*"
    keys: Callable[[], Keys] = no_keys


def arn(service: str, region: str, rest: str) -> str:
    """Build an ARN of the run's account."""
    return f"arn:aws:{service}:{region}:{RUN.account}:{rest}"


def texts(**values: Any) -> Keys:
    """Make condition keys of values, leaving out those that are absent."""
    return {
        key.lower(): tuple(str(v) for v in (value if isinstance(value, list | tuple) else [value]))
        for key, value in values.items()
        if value is not None
    }


def keys_of(mapping: Mapping[str, Any]) -> Keys:
    """As `texts`, for keys that are no Python names."""
    return texts(**dict(mapping.items()))
