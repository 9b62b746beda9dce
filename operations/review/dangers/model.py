"""A danger, its name, and what is known of all stacks when one is looked for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from operations.review.changes import Change
from operations.review.values import dumped

# In the order in which they are shown.
KINDS = {
    "state": "state is destroyed",
    "protection": "a protection is weakened",
    "access": "access is widened",
    "public": "something is public",
    "retention": "something is kept for a shorter time",
    "route": "a route is removed",
}
Kind = Literal["state", "protection", "access", "public", "retention", "route"]
_Key = tuple[str, str, str]
_DIGITS = 8  # of the hash in a name: 32 bits tell the changes of one environment apart


@dataclass(frozen=True)
class Danger:
    """One thing that stops a deploy until somebody approves of it.

    Parameters
    ----------
    kind
        What it threatens.
    stack, address, region, label
        The resource.
    what
        What would change, in one sentence.
    why
        What follows from it.
    evidence
        Exactly what the approval is for: its hash is in the name.
    """

    kind: Kind
    stack: str
    address: str
    region: str
    label: str
    what: str
    why: str
    evidence: Any = field(compare=False)

    @property
    def name(self) -> str:
        """Return the name to approve it by; it is another one when the change is another one."""
        content = dumped([self.kind, self.stack, self.address, self.evidence])
        digest = hashlib.sha256(content.encode()).hexdigest()[:_DIGITS]
        place = "" if self.region == "global" else self.region
        resource = re.sub(r"\d{12}|/aws/\w+/", "", self.label.rpartition(" ")[2])
        words = "-".join((self.kind, resource.replace(place, ""), place, digest))
        return re.sub(r"[^a-z0-9]+", "-", words.lower())


def together(dangers: Sequence[Danger]) -> dict[tuple[str, str], list[Danger]]:
    """Return dangers by what would change and what follows from it."""
    found: dict[tuple[str, str], list[Danger]] = {}
    for each in dangers:
        found.setdefault((each.what, each.why), []).append(each)
    return found


def danger(kind: Kind, change: Change, what: str, why: str, evidence: Any) -> Danger:
    """Return a danger of a change."""
    return Danger(
        kind, change.stack, change.address, change.region, change.label, what, why, evidence
    )


class Landscape:
    """All stacks together: what is destroyed, what is new.

    Parameters
    ----------
    changes
        The resources of all stacks.
    account
        The own AWS account id.
    """

    def __init__(self, changes: Sequence[Change], account: str) -> None:
        self.changes = changes
        self.account = account
        # Under another address it may stay: then it is neither destroyed nor new.
        self._destroyed = self._only("delete")
        self._new = self._only("create")

    def owner_is_destroyed(self, change: Change) -> bool:
        """Tell whether what a resource is a part of goes as well."""
        return _owner(change) in self._destroyed

    def owner_is_new(self, change: Change) -> bool:
        """Tell whether what a resource is a part of is only made now."""
        return _owner(change) in self._new

    def is_destroyed(self, change: Change) -> bool:
        """Tell whether a resource goes, and no other of its name stays."""
        return _key(change) in self._destroyed

    def is_new(self, change: Change) -> bool:
        """Tell whether a resource is only made now."""
        return _key(change) in self._new

    def made(self) -> list[Change]:
        """Return what is made, or made anew."""
        return [each for each in self.changes if each.action in ("create", "replace")]

    def _only(self, action: str) -> set[_Key]:
        others = {_key(each) for each in self.changes if each.action != action}
        return {_key(each) for each in self.changes} - others


def _owner(change: Change) -> _Key | None:
    return None if change.owner is None else (*change.owner, change.region)


def _key(change: Change) -> _Key:
    return change.kind, change.name, change.region
