"""An event source mapping that reads a DynamoDB stream, in order, with a checkpoint.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from __future__ import annotations

import base64
import datetime
import json
import time
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from embedded_aws import credentials
from embedded_aws.functions import destinations, invocation, measures, pool
from embedded_aws.functions.batch import event_filter, failed_items
from embedded_aws.functions.source import Source
from embedded_aws.state import RUN

LOOK_SECONDS = 0.02
MAX_BACKOFF = 60.0


@dataclass
class _Batch:
    records: list[dict[str, Any]]
    attempts: int = 0


class StreamSource(Source):
    """Reads one shard; the checkpoint is kept on the mapping, so that it outlives a pause."""

    def __init__(self, mapping: Any) -> None:
        super().__init__(mapping)
        self._table = mapping.event_source_arn.split("/")[1]
        if not hasattr(mapping, "checkpoint"):
            mapping.checkpoint = _latest(mapping) if mapping.starting_position == "LATEST" else 0
        self._shard = ""
        self._next: tuple[int, str] | None = None

    def client(self) -> Any:
        """Return a client of DynamoDB Streams with the function's role."""
        function = self.function()
        return credentials.client(
            "dynamodbstreams", self.region, function.role, function.function_name
        )

    def poll(self) -> None:
        """Wait for records, then read and process one batch of them."""
        if _latest(self.mapping) <= self.mapping.checkpoint:
            self.stopped.wait(LOOK_SECONDS)
            return
        window = float(self.mapping.max_batch_window or 0)
        end = time.monotonic() + window
        while time.monotonic() < end and not self.stopped.is_set():
            if backlog(self.mapping) >= self.mapping.batch_size:
                break
            self.stopped.wait(LOOK_SECONDS)
        with RUN.work("stream batches"):
            records = self._read()
            passes = event_filter(self.mapping)
            wanted = [record for record in records if passes(record)]
            if wanted:
                self._process(wanted)
            if records and not self.stopped.is_set():
                self._advance(_number(records[-1]))

    def _read(self) -> list[dict[str, Any]]:
        client, arn = self.client(), self.mapping.event_source_arn
        limit = min(self.mapping.batch_size, 1000)
        found = client.get_records(ShardIterator=self._iterator(client), Limit=limit)
        records = [_lambda_record(record, arn, self.region) for record in found["Records"]]
        if records:
            self._next = (_number(records[-1]), found["NextShardIterator"])
        return records

    def _iterator(self, client: Any) -> str:
        """Return the iterator that stands at the checkpoint: the last answer's, or a new one."""
        if self._next is not None and self._next[0] == self.mapping.checkpoint:
            return self._next[1]
        arn = self.mapping.event_source_arn
        if not self._shard:
            description = client.describe_stream(StreamArn=arn)["StreamDescription"]
            self._shard = description["Shards"][0]["ShardId"]
        position: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
        if self.mapping.checkpoint:
            position = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "SequenceNumber": str(self.mapping.checkpoint),
            }
        found = client.get_shard_iterator(StreamArn=arn, ShardId=self._shard, **position)
        return str(found["ShardIterator"])

    def _process(self, records: list[dict[str, Any]]) -> None:
        """Bring every record to its end: processed, or given up and sent to the destination."""
        stack = [_Batch(records)]
        while stack and not self.stopped.is_set() and not RUN.closing.is_set():
            if RUN.is_down(self.region):
                self.stopped.wait(0.2)
                continue
            batch = stack.pop()
            numbers = [record["dynamodb"]["SequenceNumber"] for record in batch.records]
            event = json.dumps({"Records": batch.records}).encode()
            self._tell_age(batch.records[-1])
            try:
                done = invocation.run(self.function(), event, self.mapping.function_arn)
            except pool.ThrottledError:
                stack.append(batch)
                self.stopped.wait(max(RUN.time_scale, 0.05))
                continue
            failed = failed_items(self.mapping, done, numbers)
            if not failed:
                self._advance(int(numbers[-1]))
                continue
            stack += self._after_failure(batch, numbers, failed, done)

    def _tell_age(self, record: dict[str, Any]) -> None:
        created = float(record["dynamodb"].get("ApproximateCreationDateTime", 0))
        age = max(0.0, time.time() - created) * 1000
        measures.count(
            self.function(), self.mapping.function_arn, "IteratorAge", age, "Milliseconds"
        )

    def _advance(self, number: int) -> None:
        """Move the checkpoint on; a poller that was replaced meanwhile must not move it back."""
        self.mapping.checkpoint = max(self.mapping.checkpoint, number)

    def _after_failure(
        self, batch: _Batch, numbers: list[str], failed: set[str], done: invocation.Invocation
    ) -> list[_Batch]:
        """Return what is left of a batch to try again, the first to try last."""
        first = min(numbers.index(number) for number in failed)
        if first:
            self._advance(int(numbers[first - 1]))
            # Progress was made: what remains is a batch of its own from the checkpoint on.
            batch = _Batch(batch.records[first:])
        batch.attempts += 1
        condition = self._given_up(batch)
        if condition:
            self._discard(batch, condition, done)
            self._advance(_number(batch.records[-1]))
            return []
        if self.mapping.bisect_on_error and len(batch.records) > 1 and not first:
            half = (len(batch.records) + 1) // 2
            return [_Batch(batch.records[half:]), _Batch(batch.records[:half])]
        wait = min(MAX_BACKOFF, 2.0 ** min(batch.attempts, 6)) * RUN.time_scale
        self.stopped.wait(max(wait, 0.02))
        return [batch]

    def _given_up(self, batch: _Batch) -> str:
        age = self.mapping.max_record_age
        if age not in (None, -1):
            created = float(batch.records[0]["dynamodb"].get("ApproximateCreationDateTime", 0))
            if time.time() - created > age:
                return "MaximumRecordAgeExceeded"
        retries = self.mapping.max_retry_attempts
        alone = len(batch.records) == 1 or not self.mapping.bisect_on_error
        if retries not in (None, -1) and batch.attempts > retries and alone:
            return "RetryAttemptsExhausted"
        return ""

    def _discard(self, batch: _Batch, condition: str, done: invocation.Invocation) -> None:
        config = (self.mapping.destination_config or {}).get("OnFailure") or {}
        target = config.get("Destination")
        if not target:
            return
        body = _failure_record(self, batch, condition, done)
        if ":s3:" in target:
            body["payload"] = json.dumps({"Records": batch.records})
        destinations.deliver(
            self.function(),
            target,
            json.dumps(body),
            key_prefix=f"aws/lambda/{self.mapping.uuid}/{self._shard}",
        )


def _failure_record(
    source: StreamSource, batch: _Batch, condition: str, done: invocation.Invocation
) -> dict[str, Any]:
    first, last = batch.records[0]["dynamodb"], batch.records[-1]["dynamodb"]
    return {
        "requestContext": {
            "requestId": done.request_id,
            "functionArn": source.mapping.function_arn,
            "condition": condition,
            "approximateInvokeCount": batch.attempts,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": done.version,
            **({"functionError": "Unhandled"} if done.failed else {}),
        },
        "version": "1.0",
        "timestamp": destinations.timestamp(),
        "DDBStreamBatchInfo": {
            "shardId": source._shard,
            "startSequenceNumber": first["SequenceNumber"],
            "endSequenceNumber": last["SequenceNumber"],
            "approximateArrivalOfFirstRecord": _iso(first),
            "approximateArrivalOfLastRecord": _iso(last),
            "batchSize": len(batch.records),
            "streamArn": source.mapping.event_source_arn,
        },
    }


def _iso(change: dict[str, Any]) -> str:
    created = float(change.get("ApproximateCreationDateTime", 0))
    return datetime.datetime.fromtimestamp(created, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _records(mapping: Any) -> list[Any]:
    """Return the records of the mapping's stream as they lie in moto's table."""
    _, _, _, region, account, name = mapping.event_source_arn.split(":", 5)
    table = dynamodb_backends[account][region].tables.get(name.split("/")[1])
    shard = getattr(table, "stream_shard", None)
    return shard.items if shard else []


def _latest(mapping: Any) -> int:
    """Return the sequence number of the stream's last change, 0 when it has none."""
    records = _records(mapping)
    return int(records[-1].sequence_number) if records else 0


def backlog(mapping: Any) -> int:
    """Return how many changes the mapping has not brought to their end."""
    records = _records(mapping)  # in the order of their numbers
    done = bisect_right(
        records, getattr(mapping, "checkpoint", 0), key=lambda record: record.sequence_number
    )
    return len(records) - done


def _number(record: dict[str, Any]) -> int:
    return int(record["dynamodb"]["SequenceNumber"])


def _lambda_record(record: dict[str, Any], arn: str, region: str) -> dict[str, Any]:
    """Return a stream record in the form of Lambda's events."""
    changed: dict[str, Any] = {**record, "eventSourceARN": arn, "awsRegion": region}
    identity = changed.pop("userIdentity", None)
    if identity:
        changed["userIdentity"] = {k[0].lower() + k[1:]: v for k, v in identity.items()}
    return json.loads(json.dumps(changed, default=_plain))  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value)} in a stream record")
