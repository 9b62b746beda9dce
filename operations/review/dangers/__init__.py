"""What would get worse than it is now, and what is bad at once when it is new."""

from __future__ import annotations

from collections.abc import Sequence

from operations.review.changes import Change
from operations.review.dangers import access, exposure, protection, retention, routes, state
from operations.review.dangers.model import Danger, Landscape


def find(changes: Sequence[Change], account: str) -> list[Danger]:
    """Return every danger of the changes of all stacks.

    Parameters
    ----------
    changes
        The resources of all stacks, also those that stay as they are.
    account
        The own AWS account id, 12 digits.
    """
    landscape = Landscape(changes, account)
    found = list(access.find(landscape))
    for change in changes:
        for module in (state, protection, retention, routes, exposure):
            found += module.find(change, landscape)
    return sorted(found, key=lambda each: (each.kind, each.stack, each.address, each.name))
