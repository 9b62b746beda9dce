"""What one AWS service sends to another: later, in threads of its own, again when it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedded_aws.due import DueWork

if TYPE_CHECKING:
    from collections.abc import Callable

    Delivery = Callable[[], float | None]

_THREADS = 2

_post: DueWork | None = None


def deliver_later(delivery: Delivery, after: float = 0.0) -> None:
    """Run `delivery` after some seconds; when it returns seconds, run it again after them."""
    if _post is not None:
        _post.add(delivery, after)


def install() -> None:
    """Begin to deliver."""
    global _post  # noqa: PLW0603 - one per run
    if _post is None:
        _post = DueWork("deliveries", _THREADS)


def close() -> None:
    """Stop delivering; what is waiting is lost with the run."""
    global _post  # noqa: PLW0603 - one per run
    if _post is not None:
        _post.close(wait=5.0)
        _post = None
