"""What the object ledger keeps of an object version: accounts, checkpoints, parts, claims."""

from typing import Any

from msgspec import Struct

from shared.records import Place

Wire = dict[str, Any]
"""A value or an item in DynamoDB's wire form."""

Changes = dict[str, Wire | None]
"""Attributes of an item that change; without a value, one is removed."""

BEGIN = Place(0, 1)
"""Where an object begins."""

COUNTS = ("read", "stored", "superseded", "rejected")


class Counts(Struct):
    """The accounts of one object: ``read = stored + superseded + rejected``.

    ``stored`` and ``superseded`` may be estimated, which the ledger's ``estimated`` says.
    """

    read: int = 0
    stored: int = 0
    superseded: int = 0
    rejected: int = 0
    is_estimated: bool = False


class Checkpoint(Struct, frozen=True):
    """What was done of an object, or of a part of it, when an invocation left it to the next.

    Parameters
    ----------
    place : Place
        The first record that was not handled, or the begin of the next part.
    read, rejected : int
        Records before it. How many of the others repeat a key is counted at the end.
    keys : tuple of str
        Names of the objects that keep their keys.
    hop : int
        Messages by which the work went on so far.
    stalls, tries : int
        Whole invocations that did not get beyond this place: by the object's fault; all.
    claims : int
        Claims of the object when it was written.
    parts : int
        Parts that were announced; 0 for what is not being split.
    failure : str
        Why what is left cannot be processed, now or ever; "" where it can.
    is_read : bool
        Whether nothing is left but to count the keys.
    """

    place: Place = BEGIN
    read: int = 0
    rejected: int = 0
    keys: tuple[str, ...] = ()
    hop: int = 0
    stalls: int = 0
    tries: int = 0
    claims: int = 0
    parts: int = 0
    failure: str = ""
    is_read: bool = False

    def to_wire(self) -> Wire:
        """Return the ledger's form of it."""
        members: Wire = {name: number(getattr(self, name)) for name in _NUMBERS}
        members |= {"place": _place_to_wire(self.place), "failure": text(self.failure)}
        members |= {"keys": {"L": [text(name) for name in self.keys]}}
        return {"M": members | {"isRead": {"BOOL": self.is_read}}}

    @classmethod
    def from_wire(cls, value: Wire) -> "Checkpoint":
        """Read the ledger's form of it."""
        members = value["M"]
        return cls(
            place=_place_from_wire(members["place"]),
            keys=tuple(one["S"] for one in members["keys"]["L"]),
            failure=members.get("failure", {}).get("S", ""),
            is_read=members.get("isRead", {}).get("BOOL", False),
            **{name: int(members.get(name, {"N": "0"})["N"]) for name in _NUMBERS},
        )


_NUMBERS = ("read", "rejected", "hop", "stalls", "tries", "claims", "parts")


class Part(Struct, frozen=True):
    """A range of an object that is processed on its own.

    Parameters
    ----------
    number : int
        From 1, in the order of the object.
    begin, end : Place
        Of its first record, and of the record behind its last one.
    """

    number: int
    begin: Place
    end: Place

    @property
    def is_last(self) -> bool:
        """Whether the object ends with it: no line begins there."""
        return self.end.line == 0

    def to_wire(self) -> Wire:
        """Return the ledger's form of it."""
        begin, end = _place_to_wire(self.begin), _place_to_wire(self.end)
        return {"M": {"number": number(self.number), "begin": begin, "end": end}}

    @classmethod
    def from_wire(cls, value: Wire) -> "Part":
        """Read the ledger's form of it."""
        members = value["M"]
        begin, end = _place_from_wire(members["begin"]), _place_from_wire(members["end"])
        return cls(int(members["number"]["N"]), begin, end)


class Claim(Struct, frozen=True):
    """The right to process an object version, or a part of it, until it expires.

    Parameters
    ----------
    object_id, sort_key : str
        The key of its item in the ledger.
    claim_id : str
        Unlike that of every other claim.
    request_id, claimed_at, event_name : str
        Given at the first claim and kept: the key of its item in the invocation log, and by which
        event the object was announced then.
    attempts : int
        Claims so far, this one included.
    checkpoint : Checkpoint or None
        Where an earlier invocation left it.
    part : Part or None
        Which part it is; None: the whole object.
    parts : int or None
        Into how many the object was split.
    split_sizes : frozenset of int
        Beyond which sizes the attempts so far would split an object; 0: none.
    """

    object_id: str
    sort_key: str
    claim_id: str
    request_id: str
    claimed_at: str
    event_name: str
    attempts: int
    checkpoint: Checkpoint | None = None
    part: Part | None = None
    parts: int | None = None
    split_sizes: frozenset[int] = frozenset()

    @classmethod
    def from_item(cls, item: Wire) -> "Claim":
        """Read the item that a claim left in the ledger."""
        return cls(
            object_id=item["objectId"]["S"],
            sort_key=item["region"]["S"],
            claim_id=item["claimId"]["S"],
            request_id=item["requestId"]["S"],
            claimed_at=item["claimedAt"]["S"],
            event_name=item["eventName"]["S"],
            attempts=int(item["attempts"]["N"]),
            checkpoint=Checkpoint.from_wire(item["checkpoint"]) if "checkpoint" in item else None,
            part=Part.from_wire(item["part"]) if "part" in item else None,
            parts=int(item["parts"]["N"]) if "parts" in item else None,
            split_sizes=frozenset(int(size) for size in item["splitBytes"]["NS"]),
        )

    def has_ended_in(self, item: Wire) -> bool:
        """Whether an item of the ledger has this claim as ended.

        A call that botocore sent again may meet its own success.
        """
        is_ours = item.get("claimId") == text(self.claim_id)
        return is_ours and item.get("status") != text("CLAIMED")


class Entry(Struct, frozen=True):
    """How it stands with an object or a part of it.

    Parameters
    ----------
    status, reason : str
        See `shared.aws_object_ledger`; why it failed.
    is_finished : bool
        COMPLETED, or FAILED and not to be tried again.
    part : Part or None
        None: the whole object.
    parts : int or None
        Into how many the object was split.
    checkpoint : Checkpoint or None
        What was done of it; that of a finished part is all of it.
    counts : Counts
        The accounts of what is finished.
    """

    status: str
    is_finished: bool
    reason: str
    part: Part | None
    parts: int | None
    checkpoint: Checkpoint | None
    counts: Counts

    @classmethod
    def from_item(cls, item: Wire) -> "Entry":
        """Read an item of the ledger."""
        return cls(
            status=item["status"]["S"],
            is_finished=is_finished(item),
            reason=item.get("reason", {}).get("S", ""),
            part=Part.from_wire(item["part"]) if "part" in item else None,
            parts=int(item["parts"]["N"]) if "parts" in item else None,
            checkpoint=Checkpoint.from_wire(item["checkpoint"]) if "checkpoint" in item else None,
            counts=counts_of(item),
        )


def counts_of(item: Wire) -> Counts:
    """Return the accounts in an item of the ledger; zeros where it has none."""
    read, stored, superseded, rejected = (int(item.get(name, {}).get("N", 0)) for name in COUNTS)
    return Counts(read, stored, superseded, rejected, is_estimated="estimated" in item)


def is_finished(item: Wire) -> bool:
    """Whether an item of the ledger says that nothing is left to do."""
    is_retryable = item.get("retryable", {}).get("BOOL", False)
    return item["status"]["S"] in {"COMPLETED", "FAILED"} and not is_retryable


def ended(
    status: str, at: str, counts: Counts | None = None, *, retryable: bool = False
) -> Changes:
    """Return the attributes that every end of a claim sets."""
    changes: Changes = {
        "status": text(status),
        "retryable": {"BOOL": retryable},
        "completedAt": text(at),
    }
    if counts is not None:
        changes |= counted(counts)
    return changes


def counted(counts: Counts) -> Changes:
    """Return the attributes of the accounts."""
    numbers: Changes = {name: number(getattr(counts, name)) for name in COUNTS}
    return numbers | ({"estimated": {"BOOL": True}} if counts.is_estimated else {})


def sized(size: int, checkpoint: Checkpoint | None) -> Changes:
    """Return the size of what was read, and the checkpoint that stays, if any does."""
    kept = None if checkpoint is None else checkpoint.to_wire()
    return {"size": number(size), "checkpoint": kept}


def update_of(changes: Changes) -> dict[str, Any]:
    """Return the part of an UpdateItem request that sets attributes; None removes one."""
    values = {name: value for name, value in changes.items() if value is not None}
    gone = [name for name in changes if name not in values]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in values)
    if gone:
        expression += " REMOVE " + ", ".join(f"#{name}" for name in gone)
    return {
        "UpdateExpression": expression,
        "ExpressionAttributeNames": {f"#{name}": name for name in changes},
        "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
    }


def number(value: float) -> Wire:
    """Return a number in wire form."""
    return {"N": str(value)}


def text(value: str) -> Wire:
    """Return a string in wire form."""
    return {"S": value}


def _place_to_wire(place: Place) -> Wire:
    return {"M": {"position": number(place.position), "line": number(place.line)}}


def _place_from_wire(value: Wire) -> Place:
    members = value["M"]
    return Place(int(members["position"]["N"]), int(members["line"]["N"]))
