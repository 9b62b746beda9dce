"""A danger, its name, and what is known of all stacks when one is looked for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from operations.review import naming
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
        before = {_key(each, each.before) for each in changes if each.before}
        after = {_key(each, each.named) for each in changes if each.named}
        # Under another address it may stay: then it is neither destroyed nor new.
        self._destroyed, self._new = before - after, after - before

    def is_destroyed(self, change: Change) -> bool:
        """Tell whether a resource goes, or what it is a part of if it is a part."""
        return _whole(change, change.before) in self._destroyed

    def goes_with_its_owner(self, change: Change) -> bool:
        """Tell whether a resource is a part of something that goes."""
        is_part = naming.owner_of(change.kind, change.before) is not None
        return is_part and self.is_destroyed(change)

    def is_new(self, change: Change) -> bool:
        """Tell whether a resource is only made now, or what it is a part of if it is a part."""
        return _whole(change, change.named) in self._new

    def made(self) -> list[Change]:
        """Return what is made, or made anew."""
        return [each for each in self.changes if each.action in ("create", "replace")]


def _whole(change: Change, values: Mapping[str, Any]) -> _Key:
    owner = naming.owner_of(change.kind, values)
    return _key(change, values) if owner is None else (*owner, change.region)


def _key(change: Change, values: Mapping[str, Any]) -> _Key:
    return change.kind, naming.name_of(change.kind, values, change.logical), change.region
