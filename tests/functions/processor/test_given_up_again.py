"""A rest that is given up, by invocations that die and get differently far: once, at one place."""

from itertools import count

import pytest

from processor.deadline import NoProgressError
from processor.events import ObjectCreated
from shared.aws_object_ledger import ObjectLedger

from .conftest import Crash, Pipeline, lines
from .crashing import Deliveries, claims_expired, empty, legs_of, quarantined, sent
from .test_crashes import changed, one_writer
from .test_endless_records import GOOD, deliver, json_too, slow
from .test_long_objects import accounts

__all__ = ["json_too", "one_writer", "slow"]

RECORDS = [{"id": str(n), "total": n if n % 6 else -1} for n in range(40)]


@pytest.mark.parametrize("legs", [(5, 7), (7, 5), (5, 40), (8, 5)])
def test_an_object_that_stops_for_good_is_accounted_for_wherever_its_legs_end(
    one_writer: Pipeline, legs: tuple[int, int]
) -> None:
    """R-A8, R-F3. Given an object that may go on once, and an invocation that is killed before one
    of its calls to AWS; when those behind it get further than those before it, or less far, or to
    the end; then what is stored and quarantined is what the ledger says, and the rest is one
    rejected record, or none."""
    changed(one_writer, maximum_hops=1)
    created = one_writer.upload("orders/1.jsonl", lines(*RECORDS))
    for call in count(1):
        empty(one_writer)
        deliveries = Deliveries(one_writer, [created])
        with legs_of(legs[0]):
            killed = deliveries.run_and_die(call)
        if killed is None:
            break
        deliveries.waiting = [killed, *sent(one_writer), *deliveries.waiting[1:]]
        with legs_of(legs[1]), claims_expired():
            deliveries.run()
        check_accounts(one_writer)
    assert call > 20


@pytest.mark.parametrize("dies_in", ["fail", "leave_to_next"])
def test_what_is_given_up_stays_given_up_though_the_next_invocation_is_quick(
    slow: Pipeline, monkeypatch: pytest.MonkeyPatch, dies_in: str
) -> None:
    """R-A8, R-F3. Given a record that ends behind all that an invocation looks at, and a crash
    around the decision; then the rest is rejected and not stored, or stored and not rejected."""
    long = b'{"id": "long", "total": 1, "pad": "' + b"x" * 5000 + b'"}\n'
    behind = lines(*({"id": f"behind{n}", "total": n} for n in range(5)))
    created = slow.upload("orders/1.jsonl", lines(*GOOD) + long + behind)
    deliveries = Deliveries(slow, [])
    assert deliveries.deliver(created) == "CONTINUED"
    sent(slow)
    with pytest.raises(NoProgressError):
        deliveries.deliver(created)
    with monkeypatch.context() as patch:
        patch.setattr(ObjectLedger, dies_in, die)
        deliveries.waiting = [created, created]
        with pytest.raises(Crash):
            deliveries.run()
    sent(slow)
    monkeypatch.setattr("tests.functions.processor.test_endless_records.SECONDS_PER_CHUNK", 1)
    with claims_expired():
        assert deliver(slow, created)[-1] == ("FAILED" if dies_in == "fail" else "COMPLETED")
    check_accounts(slow)


def die(*_: object, **__: object) -> ObjectCreated:
    raise Crash


def check_accounts(pipeline: Pipeline) -> None:
    """Hold the ledger's numbers to what is in the table and in the quarantine."""
    (row,) = pipeline.ledger()
    read, stored, superseded, rejected = accounts(row)
    statuses = [item["status"] for item in pipeline.records()]
    places = [line["position"] for kept in quarantined(pipeline).values() for line in kept]
    assert row["retryable"] is False
    assert read == stored + superseded + rejected
    assert statuses.count("PROCESSED") == stored
    assert statuses.count("REJECTED") == len(places) == len(set(places)) == rejected
