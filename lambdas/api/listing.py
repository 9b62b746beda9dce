"""``GET /records`` and ``GET /records/{recordId}``.

The record id can be a query parameter, too: not every client, and not everything between it and the
function, lets an encoded slash in a path alone.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from api.aws_records import Records
from api.cursors import Cursors
from api.deadline import Deadline
from api.exchange import Answer, Request
from api.merging import FIRST, LAST, Listing, Place, merged, shifted, spans
from api.problems import Problem, unknown_dataset, wrong_parameter
from api.record_documents import Documents
from shared.aws_clients import Patience
from shared.datasets import Dataset
from shared.identity import LARGEST_PARTITION_KEY
from shared.items import PROCESSED, REJECTED
from shared.timestamps import TimestampError, timestamp_reader

MOST_ITEMS, USUAL_ITEMS = 1000, 100
_STATUSES = (PROCESSED, REJECTED)
_ORDERS = ("asc", "desc")
_HAS_ZONE = re.compile(r".*(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_READ_TIME = timestamp_reader(None, "UTC")


class _RecordPlace(Struct, frozen=True, array_like=True):
    """The place of an item among those of its record."""

    timestamp: str


class Lists:
    """Lists items.

    Parameters
    ----------
    datasets : sequence of Dataset
        Those of the deployment.
    records, cursors
        Access to the table; the signer of cursors.
    shards : int
        Of the status index.
    patience : Patience
        Of the access to the table.
    """

    def __init__(
        self,
        datasets: Sequence[Dataset],
        records: Records,
        cursors: Cursors,
        *,
        shards: int,
        patience: Patience,
    ) -> None:
        self._datasets = sorted(dataset.name for dataset in datasets)
        self._records = records
        self._cursors = cursors
        self._shards = shards
        self._longest_call = patience.longest_call

    def get(self, request: Request, deadline: Deadline) -> Answer:
        """List the items of the record id that is asked for, or else of a dataset."""
        record_id = request.one("recordId")
        if record_id is None:
            return self.of_dataset(request, deadline)
        request.check_query("recordId", "limit", "cursor")
        return self._of_id(record_id, request, deadline)

    def of_dataset(self, request: Request, deadline: Deadline) -> Answer:
        """List the items of a dataset with a status, in the order of time."""
        request.check_query(
            "dataset", "status", "from", "to", "order", "limit", "cursor", "recordId"
        )
        listing = self._listing(request)
        limit = _limit(request)
        query = (
            "records",
            *(listing.dataset, listing.status, listing.first, listing.last),
            str(listing.backwards),
        )
        cursor = request.one("cursor")
        place = None if cursor is None else self._cursors.read(cursor, query, Place)
        deadline.check(self._longest_call)
        documents = Documents()
        last: Place | None = None
        parts = spans(listing, self._shards, place)
        for shard, item in merged(self._records, parts, limit=limit, backwards=listing.backwards):
            is_late = last is not None and deadline.left < self._longest_call
            if is_late or len(documents) == limit or not documents.add(item):
                break
            last = Place(item["timestamp"]["S"], shard, item["recordId"]["S"])
        else:
            last = None  # nothing follows
        following = None if last is None else self._cursors.write(last, query)
        return Answer.of(200, documents.page(following))

    def of_record(self, request: Request, deadline: Deadline) -> Answer:
        """List the items of a record id, newest first."""
        request.check_query("limit", "cursor")
        return self._of_id(request.parameters.get("recordId", ""), request, deadline)

    def _of_id(self, record_id: str, request: Request, deadline: Deadline) -> Answer:
        limit = _limit(request)
        query = ("record", record_id)
        cursor = request.one("cursor")
        after = None
        if cursor is not None:
            after = self._cursors.read(cursor, query, _RecordPlace).timestamp
        if not 1 <= len(record_id.encode(errors="replace")) <= LARGEST_PARTITION_KEY:
            raise _no_record()
        deadline.check(self._longest_call)
        page = self._records.of_record(record_id, limit=limit, after=after)
        if not page.items and after is None:
            raise _no_record()
        documents = Documents()
        last = None if page.next is None else page.next["timestamp"]["S"]
        for number, item in enumerate(page.items):
            if not documents.add(item):
                last = page.items[number - 1]["timestamp"]["S"]
                break
        following = None
        if last is not None:
            following = self._cursors.write(_RecordPlace(last), query)
        return Answer.of(200, documents.page(following))

    def _listing(self, request: Request) -> Listing:
        to = _time(request, "to")
        # The end is exclusive, and timestamps have microseconds.
        last = LAST if to is None else shifted(to, -1) or ""
        return Listing(
            dataset=self._dataset(request.one("dataset")),
            status=_one_of(request, "status", _STATUSES),
            first=_time(request, "from") or FIRST,
            last=last,
            backwards=_one_of(request, "order", _ORDERS) == "desc",
        )

    def _dataset(self, name: str | None) -> str:
        if name is None:
            if len(self._datasets) == 1:
                return self._datasets[0]
            raise wrong_parameter(
                "dataset", f"is missing; it must be one of: {', '.join(self._datasets)}"
            )
        if name not in self._datasets:
            raise unknown_dataset(name, self._datasets)
        return name


def _limit(request: Request) -> int:
    text = request.one("limit")
    if text is None:
        return USUAL_ITEMS
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= MOST_ITEMS:
        raise wrong_parameter("limit", f"must be a whole number from 1 to {MOST_ITEMS}")
    return int(text)


def _one_of(request: Request, name: str, allowed: Sequence[str]) -> str:
    text = request.one(name)
    if text is None:
        return allowed[0]
    if text not in allowed:
        raise wrong_parameter(name, f"must be one of: {', '.join(allowed)}")
    return text


def _time(request: Request, name: str) -> str | None:
    text = request.one(name)
    if text is None:
        return None
    if not _HAS_ZONE.fullmatch(text):
        raise wrong_parameter(
            name,
            "must be an RFC 3339 time with its offset, such as 2026-01-31T23:59:59Z;"
            " in a URL, a + is written %2B",
        )
    try:
        return _READ_TIME(text)
    except TimestampError as error:
        clamped = _clamped(text)
        if clamped is None:
            raise wrong_parameter(name, str(error)) from None
        return clamped


def _clamped(text: str) -> str | None:
    """Return the bound for a time that no record can have: a leap second, or out of all years."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:60(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", text):
        try:
            second = _READ_TIME(f"{text[:17]}59{text[19:]}")
        except TimestampError:
            return None
        return f"{second[:19]}.999999Z"
    try:
        _READ_TIME(f"{'2000' if text.startswith('0000') else '2001'}{text[4:]}")
    except TimestampError:
        return None
    return {"0000": FIRST, "0001": FIRST, "9999": LAST}.get(text[:4])


def _no_record() -> Problem:
    return Problem(404, "There is no record with this id.")
