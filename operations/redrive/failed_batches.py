"""Batches of the table's stream that Lambda gave up: kept in the audit trail's bucket.

"Capturing discarded batches for a DynamoDB event source" (AWS Lambda Developer Guide): with a
bucket as destination, the record of Lambda holds the whole event in ``payload``. Its function is
called with it again: a change that stands in the trail is recognized by its id, and a rank is put
back under a condition only, so that a batch may be processed any number of times.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from operations.progress import Progress
from operations.region import Region
from pipeline.naming import LIVE

SAMPLE = 100
"""Batches whose causes are looked up."""

_PREFIX = "aws/lambda/"


class BatchFailedError(Exception):
    """The function did not take a batch; the message says why."""


@dataclass(frozen=True)
class FailedBatch:
    """One batch: where it is kept, why, and the event; an unreadable one has none."""

    key: str
    cause: str
    payload: str | None


class FailedBatches:
    """The batches of a region.

    Parameters
    ----------
    region
        Whose batches.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self._s3 = region.client("s3")
        self._bucket = region.names.bucket("audit-trail", region.name)

    def keys(self) -> list[str]:
        """Return where they are, the oldest of a shard first."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=_PREFIX
        )
        return [each["Key"] for page in pages for each in page.get("Contents", [])]

    def causes(self, keys: list[str]) -> Counter[str]:
        """Count the first `SAMPLE` batches by their cause."""
        return Counter(each.cause for each in map(self._read, keys[:SAMPLE]))

    def process_again(self, keys: list[str], progress: Progress) -> Iterator[str]:
        """Call the function with each batch, and remove what it has processed.

        Yields
        ------
        str
            Why a batch stays.
        """
        for number, key in enumerate(keys, 1):
            batch = self._read(key)
            try:
                self._invoke(batch)
            except BatchFailedError as failed:
                yield f"{self._bucket}/{key} stays: {failed}"
            else:
                self._s3.delete_object(Bucket=self._bucket, Key=key)
            progress.show(f"{number} of {len(keys)} failed batches processed")

    def _invoke(self, batch: FailedBatch) -> None:
        if batch.payload is None:
            raise BatchFailedError(batch.cause)
        answer = self._region.client("lambda").invoke(
            FunctionName=self._region.names.function("stream-processor"),
            Qualifier=LIVE,
            Payload=batch.payload.encode(),
        )
        done = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            raise BatchFailedError(str(done.get("errorMessage", done))[:500])
        left = (done or {}).get("batchItemFailures")
        if left:
            raise BatchFailedError("the function could not process all of it; its log says why")

    def _read(self, key: str) -> FailedBatch:
        body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        try:
            record: dict[str, Any] = json.loads(body)
            condition = str(record["requestContext"]["condition"])
            payload = record["payload"]
        except (ValueError, KeyError, TypeError):
            return FailedBatch(key, "no record of a failed batch", None)
        return FailedBatch(key, condition, payload if isinstance(payload, str) else None)
