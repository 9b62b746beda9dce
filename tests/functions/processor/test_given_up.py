"""Objects of which a rest is given up: their accounts balance, and nothing else is lost."""

import gzip
import json
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import force_setattr

from .conftest import Pipeline
from .crashing import empty, quarantined, sent
from .slowness import noise
from .test_endless_records import DAMAGED, HEADER, deliver, json_too, slow
from .test_long_objects import accounts

__all__ = ["json_too", "slow"]

REJECTED = -1
FORMS = ("orders/1.jsonl", "orders/1.csv", "orders/1.json", "orders/1.jsonl.gz")


@dataclass(frozen=True)
class Case:
    """An object, and how often its work may go on.

    Parameters
    ----------
    key
        Tells the form.
    ids
        Of its records; of those that are not valid, `REJECTED`.
    is_endless
        Whether something follows them that never ends.
    hops
        Continuations.
    """

    key: str
    ids: list[int]
    is_endless: bool
    hops: int

    @property
    def content(self) -> bytes:
        rows = [{"id": str(one), "total": one} for one in self.ids]
        tail = b""
        if self.key.endswith(".csv"):
            text = HEADER + b"".join(b"%d,%d\n" % (one, one) for one in self.ids)
            tail = DAMAGED["row"][2]
        elif self.key.endswith(".json"):
            text = b"[" + b",\n".join(json.dumps(row).encode() for row in rows)
            tail = b",\n" + DAMAGED["array"][2] if rows else DAMAGED["array"][2]
        else:
            text = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
            tail = noise(20_000)
        ending = b"]" if self.key.endswith(".json") else b""
        whole = text + (tail if self.is_endless else ending)
        return gzip.compress(whole, mtime=0) if self.key.endswith(".gz") else whole


CASES = st.builds(
    Case,
    key=st.sampled_from(FORMS),
    ids=st.lists(st.one_of(st.integers(0, 40), st.just(REJECTED)), max_size=250),
    is_endless=st.booleans(),
    hops=st.integers(1, 4),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=CASES)
def test_whatever_is_given_up_the_accounts_balance_and_tell_all_of_the_rest(
    slow: Pipeline, case: Case
) -> None:
    """R-A8, R-F3. Given invocations that read 2,600 bytes each, objects of which some need more of
    them than may follow each other, and some never end; then what was read before the rest is
    stored or rejected, and the rest is one more rejected record, from its first to its last byte.
    """
    empty(slow)
    force_setattr(slow.places, "maximum_hops", case.hops)
    content = case.content
    results = deliver(slow, slow.upload(case.key, content))
    assert sent(slow) == []

    (row,) = slow.ledger()
    read, stored, superseded, rejected = accounts(row)
    lines = [line for kept in quarantined(slow).values() for line in kept]
    items = slow.records()
    rest = [line for line in lines if "record ends" in str(line) or "continuations" in str(line)]
    seen = case.ids[: read - len(rest)]
    valid = [one for one in seen if one != REJECTED]

    assert row["status"] == results[-1] == ("FAILED" if rest else "COMPLETED")
    assert read == stored + superseded + rejected
    assert (stored, superseded) == (len(set(valid)), len(valid) - len(set(valid)))
    assert rejected == len(seen) - len(valid) + len(rest)
    assert len(lines) == rejected == sum(item["status"] == "REJECTED" for item in items)
    assert {int(item["data"]["id"]) for item in items if item["status"] == "PROCESSED"} == set(
        valid
    )
    if not rest:
        assert len(seen) == len(case.ids)
        return
    (line,) = rest
    assert line["record"] is None
    assert line["position"] > max((one["position"] for one in lines if one is not line), default=-1)
    if case.key.endswith(".gz"):
        assert line["length"] is None
    else:
        assert line["byteOffset"] + line["length"] == len(content)
