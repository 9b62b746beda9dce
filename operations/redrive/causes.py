"""Why messages stand in the dead-letter queue: as they tell it, or else as the ledger does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from operations.redrive.letters import Announced, Letter
from operations.region import Region
from pipeline.datasets import Dataset

UNKNOWN = "unknown: received too often"
MEANWHILE = "completed meanwhile: sending it back changes nothing"

_BATCH = 100  # BatchGetItem's limit
_REQUESTS = "requests/"  # under which the object of a request has its dataset's name
_NO_DATASET = "unknown"  # under which the processor enters what no dataset takes
_LONGEST = 200
_Key = tuple[str, str]


def causes(region: Region, datasets: Sequence[Dataset], letters: Sequence[Letter]) -> Counter[str]:
    """Count messages by their cause.

    Parameters
    ----------
    region
        Where they are.
    datasets
        What their objects may belong to.
    letters
        The messages.
    """
    keys = {
        letter: [_ledger_key(region, datasets, each) for each in letter.objects]
        for letter in letters
        if not letter.cause
    }
    entries = dict(_entries(region, sorted({key for each in keys.values() for key in each})))
    return Counter(
        letter.cause or _cause([entries[key] for key in keys[letter] if key in entries])
        for letter in letters
    )


def _cause(entries: list[dict[str, Any]]) -> str:
    for entry in entries:
        if entry["status"]["S"] != "COMPLETED" and "reason" in entry:
            return str(entry["reason"]["S"])[:_LONGEST]
    if entries and all(entry["status"]["S"] == "COMPLETED" for entry in entries):
        return MEANWHILE
    return UNKNOWN


def _ledger_key(region: Region, datasets: Sequence[Dataset], announced: Announced) -> _Key:
    key = announced.key
    taking = (each for each in datasets if key.startswith(each.prefix))
    dataset = next((each.name for each in taking if key.endswith(each.suffixes)), _NO_DATASET)
    if key.startswith(_REQUESTS):
        named = key.removeprefix(_REQUESTS).partition("/")[0]
        dataset = next((each.name for each in datasets if each.name == named), _NO_DATASET)
    part = "" if announced.part is None else f"#{announced.part:05}"
    return f"{dataset}/{key}#{announced.version_id}", f"{region.name}{part}"


def _entries(region: Region, keys: Sequence[_Key]) -> Iterator[tuple[_Key, dict[str, Any]]]:
    table = region.names.table("object-ledger")
    for start in range(0, len(keys), _BATCH):
        wanted = [
            {"objectId": {"S": object_id}, "region": {"S": sort_key}}
            for object_id, sort_key in keys[start : start + _BATCH]
        ]
        # What DynamoDB leaves unread when it is busy counts as unknown: this is a sample.
        answer = region.client("dynamodb").batch_get_item(RequestItems={table: {"Keys": wanted}})
        for item in answer["Responses"].get(table, []):
            yield (item["objectId"]["S"], item["region"]["S"]), item
