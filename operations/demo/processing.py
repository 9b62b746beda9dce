"""Uploads the files and waits until every object is accounted for and everything is at rest."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from boto3.s3.transfer import TransferConfig

from operations.demo.samples import Sample
from operations.embedded import EmbeddedAws
from operations.errors import OperationError
from operations.progress import Progress
from pipeline.naming import Names

_BATCH = 100  # BatchGetItem's limit
_POLL_SECONDS = 0.25
_STALLED_SECONDS = 120.0
_FINISHED = ("COMPLETED", "FAILED")
_COUNTS = ("read", "stored", "superseded", "rejected")


@dataclass(frozen=True)
class Upload:
    """An object as it was uploaded.

    Parameters
    ----------
    sample
        The file and where it went.
    object_id
        How the ledger knows the object version.
    """

    sample: Sample
    object_id: str


@dataclass(frozen=True)
class LedgerEntry:
    """What the ledger says of one object in one region.

    Parameters
    ----------
    upload
        The object.
    status
        ``COMPLETED`` or ``FAILED``.
    counts
        Records ``read``, ``stored``, ``superseded``, ``rejected``.
    reason
        Why it failed; empty otherwise.
    """

    upload: Upload
    status: str
    counts: dict[str, int]
    reason: str


def upload(aws: EmbeddedAws, names: Names, samples: Sequence[Sample]) -> list[Upload]:
    """Upload the files, each in its region."""
    done = []
    with Progress(f"Uploading {len(samples)} files in both regions") as progress:
        for number, sample in enumerate(samples, 1):
            s3 = aws.client("s3", sample.region)
            bucket = names.bucket("data-ingestion", sample.region)
            s3.upload_file(
                str(sample.path), bucket, sample.key, Config=TransferConfig(use_threads=False)
            )
            version = s3.head_object(Bucket=bucket, Key=sample.key)["VersionId"]
            done.append(Upload(sample, f"{sample.dataset.name}/{sample.key}#{version}"))
            progress.show(f"{number} uploaded")
    return done


def wait_for_ledger(
    aws: EmbeddedAws, names: Names, uploads: Sequence[Upload], progress: Progress
) -> list[LedgerEntry]:
    """Wait until the ledger has closed every object that a rule announces.

    Raises
    ------
    OperationError
        When nothing happens any more; with the objects that are open.
    """
    pending = {(each.object_id, each.sample.region): each for each in uploads}
    pending = {key: each for key, each in pending.items() if each.sample.routed}
    total, closed, last_change = len(pending), [], time.monotonic()
    while pending:
        for each, item in _ledger_items(aws, names, list(pending.values())):
            if _is_closed(item):
                del pending[each.object_id, each.sample.region]
                closed.append(_entry(each, item))
            elif not _is_worked_on(item) and not (_goes_on(item) and not aws.report()["idle"]):
                continue
            last_change = time.monotonic()
        records = sum(entry.counts["read"] for entry in closed)
        progress.show(f"{len(closed)} of {total} objects, {records:,} records")
        if time.monotonic() - last_change > _STALLED_SECONDS:
            raise OperationError(_stalled(aws, pending.values()))
        time.sleep(_POLL_SECONDS)
    return closed


def wait_for_rest(aws: EmbeddedAws, progress: Progress) -> None:
    """Wait until replication, streams and queues have nothing left to do.

    Raises
    ------
    OperationError
        When they do not come to rest.
    """
    before: dict[str, int] = {}
    deadline = time.monotonic() + _STALLED_SECONDS
    while not (report := aws.report())["idle"]:
        if report["in_flight"] != before:
            before, deadline = report["in_flight"], time.monotonic() + _STALLED_SECONDS
        waiting = ", ".join(
            f"{count} {what}" for what, count in report["in_flight"].items() if count
        )
        progress.show(f"waiting for {waiting or 'the last events'}")
        if time.monotonic() > deadline:
            raise OperationError(f"the pipeline does not come to rest: {waiting}")
        time.sleep(_POLL_SECONDS)


def _ledger_items(
    aws: EmbeddedAws, names: Names, uploads: Iterable[Upload]
) -> Iterator[tuple[Upload, dict[str, Any]]]:
    by_region: dict[str, list[Upload]] = {}
    for each in uploads:
        by_region.setdefault(each.sample.region, []).append(each)
    table = names.table("object-ledger")
    for region, members in by_region.items():
        client = aws.client("dynamodb", region)
        for start in range(0, len(members), _BATCH):
            batch = {each.object_id: each for each in members[start : start + _BATCH]}
            keys = [{"objectId": {"S": each}, "region": {"S": region}} for each in batch]
            request = {table: {"Keys": keys, "ConsistentRead": True}}
            answer = client.batch_get_item(RequestItems=request)
            for item in answer["Responses"][table]:
                yield batch[item["objectId"]["S"]], item


def _is_closed(item: dict[str, Any]) -> bool:
    may_go_on = item.get("retryable", {}).get("BOOL", False)
    return item["status"]["S"] in _FINISHED and not may_go_on


def _is_worked_on(item: dict[str, Any]) -> bool:
    """Whether an invocation holds the object: a large one takes its minutes without any news."""
    expiry = float(item.get("claimExpiresAt", {"N": "0"})["N"])
    return item["status"]["S"] == "CLAIMED" and expiry > time.time()


def _goes_on(item: dict[str, Any]) -> bool:
    """Whether messages for the rest of the object, or for its parts, are on their way."""
    return item["status"]["S"] in ("CONTINUED", "SPLIT")


def _entry(upload: Upload, item: dict[str, Any]) -> LedgerEntry:
    counts = {name: int(item.get(name, {"N": "0"})["N"]) for name in _COUNTS}
    return LedgerEntry(upload, item["status"]["S"], counts, item.get("reason", {"S": ""})["S"])


def _stalled(aws: EmbeddedAws, open_uploads: Iterable[Upload]) -> str:
    shown = "\n".join(f"  {each.sample.region} {each.object_id}" for each in open_uploads)
    errors = "\n".join(f"  {error}" for error in aws.report()["errors"][-10:])
    return (
        f"nothing has happened for {_STALLED_SECONDS:.0f} s; objects not closed:\n{shown}"
        + (f"\nerrors:\n{errors}" if errors else "")
        + "\nThe functions' own logs are in the log groups; `make local` keeps everything up."
    )
