"""Many requests to the deployed API at once."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from operations.progress import Progress
from tests.end_to_end.deployed.calling import Api, Reply
from tests.end_to_end.deployed.conftest import Deployment
from tests.end_to_end.deployed.requesting import order

AT_ONCE = 200
_OF_EACH = AT_ONCE // 5


def all_at_once(calls: Sequence[Callable[[], Reply]]) -> list[Reply]:
    """Send requests from a thread each, which all begin at the same moment."""
    gate = threading.Barrier(len(calls))

    def send(call: Callable[[], Reply]) -> Reply:
        gate.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(send, calls))


def test_no_answer_is_wrong_when_200_requests_come_at_once(
    primary: Api, deployed: Deployment
) -> None:
    """R-C3, R-E5: new requests, each twice, and reads: each record is stored exactly once."""
    known, absent = order(), "0" * 32
    first = primary.handed_in({"dataset": "orders", "record": known})
    records = [order(units) for units in range(1, _OF_EACH + 1)]
    path = f"/records/{quote('orders#' + known['uuid'], safe='')}"

    def post(record: dict[str, Any]) -> Callable[[], Reply]:
        return lambda: primary.post({"dataset": "orders", "record": record})

    def get(target: str) -> Callable[[], Reply]:
        return lambda: primary.get(target)

    kinds = {
        "new": [post(record) for record in records],
        "again": [post(record) for record in records],
        "state": [get(f"/process/{first['id']}")] * _OF_EACH,
        "record": [get(path)] * _OF_EACH,
        "absent": [get(f"/process/{absent}")] * _OF_EACH,
    }
    calls = [call for group in zip(*kinds.values(), strict=True) for call in group]
    assert len(calls) == AT_ONCE

    replies = all_at_once(calls)

    of = {kind: replies[number :: len(kinds)] for number, kind in enumerate(kinds)}
    assert {reply.status for reply in replies} <= {200, 202, 404}
    assert {reply.status for reply in of["new"] + of["again"]} <= {200, 202}
    assert {reply.status for reply in of["absent"]} == {404}
    assert all(reply.json == first for reply in of["state"])
    assert [reply.json["items"][0]["data"] for reply in of["record"]] == [known] * _OF_EACH
    ids = [reply.json["id"] for reply in of["new"]]
    assert ids == [reply.json["id"] for reply in of["again"]]
    assert len(set(ids)) == _OF_EACH
    ended = [primary.end(each) for each in ids]
    assert {each["status"] for each in ended} == {"COMPLETED"}
    assert [each["counts"]["read"] for each in ended] == [1] * _OF_EACH
    with Progress("Resting") as progress:
        deployed.rest(progress)
    wanted = {f"orders#{record['uuid']}": record for record in records}
    table = deployed.names.table("processed-data")
    found = [
        item["recordId"]["S"]
        for item in deployed.items(table, primary.region)
        if item["recordId"]["S"] in wanted
    ]
    assert sorted(found) == sorted(wanted)
    assert primary.record(found[0])[0]["data"] == wanted[found[0]]
