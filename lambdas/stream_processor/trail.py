"""The audit trail: every change of the table stands in it exactly once.

"Lambda event source mappings process each event at least once, and duplicate processing of records
can occur" (AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB"); a retry may cut
the batches elsewhere, and two invocations may hold the same records at the same moment. The event
does not name the shard, and sequence numbers order the records of one shard only, so no interval of
sequence numbers says whether a change has been written. What never differs between two deliveries
of a change is the record itself: its eventID and its ApproximateCreationDateTime.

Therefore the trail is cut by time, not by batch: the changes of one second are in one object,
``audit/<table>/<YYYY-MM-DD>/<HH>/<MM>-<SS>.jsonl``, so that a change has one place, known from the
record alone. Whoever brings a change for the first time to a second creates its object
(``If-None-Match: *``). Whoever finds one there reads it, adds the changes whose eventID it lacks,
and replaces exactly what was read (``If-Match``), or begins again if another was faster. So
- a crash before the write has written nothing, and after it the redelivery finds its changes;
- changes of the same item stay in their order, because a stream delivers them in order and a
  line is only ever appended;
- reading is listing and parsing: nothing has to be sorted out.

The cost is one PUT per batch and second, plus a GET and a PUT where another batch (usually of
another shard) had part of that second.
"""

import random
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

import msgspec

from shared.json_text import parse_json
from stream_processor.changes import Change

ATTEMPTS = 40
_LONGEST_PAUSE = 2.0


class TrailStore(Protocol):
    """Where the trail's objects are; see `shared.aws_trail_objects.TrailObjects`."""

    def create(self, key: str, content: bytes) -> bool:
        """Write an object unless one is there; whether this call wrote it."""
        ...

    def read(self, key: str) -> tuple[bytes, str]:
        """Return an object's content and ETag."""
        ...

    def replace(self, key: str, content: bytes, etag: str) -> bool:
        """Replace the content that has this ETag; whether this call did."""
        ...


class TrailContentionError(Exception):
    """Other writers were faster every time; the batch has to be delivered again."""


class _Line(msgspec.Struct):
    event_id: str = msgspec.field(name="eventID")


_line_decoder = msgspec.json.Decoder(_Line)


def append(store: TrailStore, key: str, changes: Iterable[Change]) -> int:
    """Put the changes of one second into their object, each once.

    Parameters
    ----------
    store : TrailStore
        The bucket.
    key : str
        The object that the changes name.
    changes : iterable of Change
        In the order of the stream.

    Returns
    -------
    int
        How many were new to the trail.

    Raises
    ------
    TrailContentionError
        After 40 attempts that other writers won.
    """
    wanted = {change.event_id: change.line for change in changes}
    if store.create(key, _content(wanted)):
        return len(wanted)
    for attempt in range(ATTEMPTS):
        content, etag = store.read(key)
        known = {_line_decoder.decode(line).event_id for line in content.splitlines()}
        missing = {event_id: line for event_id, line in wanted.items() if event_id not in known}
        if not missing or store.replace(key, content + _content(missing), etag):
            return len(missing)
        time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.02 * 2**attempt)))  # noqa: S311
    raise TrailContentionError(f"{key}: {ATTEMPTS} attempts to add changes met other writers")


def trail(objects: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    """Read the trail back.

    Parameters
    ----------
    objects : iterable of bytes
        Contents of the objects under ``audit/<table>/``, in the order of their keys, which is the
        order of time.

    Yields
    ------
    mapping
        A change, with the members that `stream_processor.changes.change_of` writes; numbers are
        exact.
    """
    for content in objects:
        for line in content.splitlines():
            yield parse_json(line)


def _content(lines: Mapping[str, bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines.values())
