"""One way to read an object in these tests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.datasets import Dataset
from shared.object_reader import read_items
from shared.objects import ObjectVersion
from shared.records import Rejection, StoredItem, UnreadableObject

Reading = Callable[..., "Read"]


@dataclass
class Read:
    """What reading an object gave."""

    outcomes: list[StoredItem | Rejection]
    failure: str | None

    @property
    def stored(self) -> list[StoredItem]:
        return [outcome for outcome in self.outcomes if isinstance(outcome, StoredItem)]

    @property
    def rejected(self) -> list[Rejection]:
        return [outcome for outcome in self.outcomes if isinstance(outcome, Rejection)]

    @property
    def counts(self) -> tuple[int, int]:
        return len(self.stored), len(self.rejected)

    @property
    def data(self) -> list[Any]:
        return [plain({"M": item.item["data"]["M"]}) for item in self.stored]

    @property
    def raws(self) -> list[bytes | None]:
        return [rejection.raw for rejection in self.rejected]

    @property
    def messages(self) -> list[str]:
        return [
            f"{reason.pointer}: {reason.message}"
            for rejection in self.rejected
            for reason in rejection.reasons
        ]


def plain(value: dict[str, Any]) -> Any:
    """Return the value that a wire form stands for; a number as its text."""
    ((kind, content),) = value.items()
    if kind == "M":
        return {name: plain(member) for name, member in content.items()}
    if kind == "L":
        return [plain(element) for element in content]
    return None if kind == "NULL" else content


def object_version(key: str, size: int = 0, **changes: Any) -> ObjectVersion:
    return ObjectVersion(
        **{
            "dataset": "orders",
            "bucket": "serverless-data-ingestion-dev-111122223333-us-east-1",
            "key": key,
            "version_id": "v1",
            "last_modified": datetime(2026, 1, 31, 12, 0, 0, 250_000, tzinfo=UTC),
            "size": size,
            **changes,
        }
    )


def orders(**changes: Any) -> Dataset:
    return Dataset(
        **{
            "name": "orders",
            "prefix": "orders/",
            "formats": ("jsonl", "json", "csv"),
            "schema": True,
            **changes,
        }
    )


def pieces(content: bytes, length: int) -> Iterator[bytes]:
    return (content[at : at + length] for at in range(0, len(content), length))


def read_object(
    content: bytes,
    key: str = "orders/a.jsonl",
    *,
    dataset: Dataset | None = None,
    chunk: int = 1 << 20,
    **options: Any,
) -> Read:
    outcomes: list[StoredItem | Rejection] = []
    failure = None
    try:
        for outcome in read_items(
            dataset or orders(),
            object_version(key, len(content)),
            lambda offset: pieces(content[offset:], chunk),
            **options,
        ):
            outcomes.append(outcome)  # noqa: PERF402 - what came before an error counts
    except UnreadableObject as error:
        failure = error.reason
    return Read(outcomes, failure)


@pytest.fixture
def read() -> Reading:
    return read_object
