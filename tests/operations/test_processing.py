"""How long the demo waits for an object."""

import itertools
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from operations.command_line import configuration
from operations.demo import processing
from operations.demo.processing import Upload, wait_for_ledger
from operations.demo.samples import Sample
from operations.errors import OperationError
from operations.progress import Progress
from pipeline.datasets import load_datasets
from pipeline.naming import Names
from tests.project_copy import ROOT

OBJECT = "orders/orders/a.csv#1"


@pytest.fixture
def upload() -> Upload:
    orders = next(each for each in load_datasets([ROOT / "datasets"]) if each.name == "orders")
    return Upload(Sample(Path("a.csv"), orders, "orders/a.csv", "us-east-1"), OBJECT)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty seconds pass between two looks at the clock."""
    seconds = itertools.count(step=50)
    clock = SimpleNamespace(
        monotonic=lambda: next(seconds), time=time.time, sleep=lambda _seconds: None
    )
    monkeypatch.setattr(processing, "time", clock)


def aws_with(*statuses: dict[str, Any]) -> Any:
    """An AWS whose ledger has one object, with these attributes in turn."""
    names = Names(configuration("dev"))
    answers = iter(statuses)

    def batch_get_item(**_: Any) -> dict[str, Any]:
        item = {"objectId": {"S": OBJECT}, **next(answers)}
        return {"Responses": {names.table("object-ledger"): [item]}}

    client = SimpleNamespace(batch_get_item=batch_get_item)
    return SimpleNamespace(client=lambda *_: client, report=lambda: {"errors": ["what failed"]})


def claimed(expires_in: float) -> dict[str, Any]:
    expiry = {"N": str(time.time() + expires_in)}
    return {"status": {"S": "CLAIMED"}, "claimExpiresAt": expiry}


COMPLETED = {"status": {"S": "COMPLETED"}, "read": {"N": "4"}, "stored": {"N": "4"}}


def test_a_large_object_may_take_its_time(upload: Upload) -> None:
    """R-F5: as long as an invocation holds it, there is no news and no failure."""
    aws = aws_with(*(claimed(300) for _ in range(20)), COMPLETED)

    with Progress("Processing") as progress:
        (entry,) = wait_for_ledger(aws, Names(configuration("dev")), [upload], progress)

    assert entry.counts == {"read": 4, "stored": 4, "superseded": 0, "rejected": 0}


def test_an_object_whose_claim_has_expired_is_stalled(upload: Upload) -> None:
    """R-F3: which object it is, and what went wrong."""
    aws = aws_with(*(claimed(-1) for _ in range(20)), COMPLETED)

    with pytest.raises(OperationError) as stalled, Progress("Processing") as progress:
        wait_for_ledger(aws, Names(configuration("dev")), [upload], progress)

    assert OBJECT in str(stalled.value)
    assert "what failed" in str(stalled.value)
