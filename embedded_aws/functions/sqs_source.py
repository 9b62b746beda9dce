"""An event source mapping that polls a queue.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import base64
import json
import threading
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from embedded_aws import credentials
from embedded_aws.functions import invocation, pool
from embedded_aws.functions.batch import event_filter, failed_items
from embedded_aws.functions.destinations import queue_url
from embedded_aws.functions.source import Source
from embedded_aws.state import RUN

RECEIVE_LIMIT = 10  # messages, ReceiveMessage
POLL_SECONDS = 2
RETRY_SECONDS = 1.0


class SqsSource(Source):
    """Polls one queue; hands batches to at most `MaximumConcurrency` invocations at once."""

    def __init__(self, mapping: Any) -> None:
        super().__init__(mapping)
        limit = int((mapping.scaling_config or {}).get("MaximumConcurrency") or 0)
        machine = pool.machine_concurrency()
        self.concurrency = min(limit or machine, machine)
        self._free = threading.Semaphore(self.concurrency)
        self._url = queue_url(mapping.event_source_arn)

    def client(self) -> Any:
        """Return a client of SQS with the function's role."""
        function = self.function()
        return credentials.client("sqs", self.region, function.role, function.function_name)

    def poll(self) -> None:
        """Receive one batch and start its invocation."""
        if not self._free.acquire(timeout=POLL_SECONDS):
            return
        handed_over = False
        try:
            messages = self._receive()
            if messages and not self.stopped.is_set():
                handed_over = True
                threading.Thread(
                    target=self._process, args=(messages,), name="sqs-batch", daemon=True
                ).start()
        finally:
            if not handed_over:
                self._free.release()

    def _receive(self) -> list[dict[str, Any]]:
        """Return up to a batch of messages; wait for more as long as the batching window lasts."""
        mapping, client = self.mapping, self.client()
        messages: list[dict[str, Any]] = []
        window = float(mapping.max_batch_window or 0)
        end = 0.0
        while not self.stopped.is_set():
            left = max(0.0, end - time.monotonic()) if messages else POLL_SECONDS
            answer = client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(RECEIVE_LIMIT, mapping.batch_size - len(messages)),
                WaitTimeSeconds=min(POLL_SECONDS, int(left)),
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            received = answer.get("Messages", [])
            if received and not messages:
                end = time.monotonic() + window
            messages += received
            if len(messages) >= mapping.batch_size or not messages:
                break
            if time.monotonic() >= end and len(received) < RECEIVE_LIMIT:
                break
            if not received:
                self.stopped.wait(0.05)
        return messages

    def _process(self, messages: list[dict[str, Any]]) -> None:
        with RUN.work("queue batches"):
            try:
                self._invoke(messages)
            except (ClientError, BotoCoreError) as error:
                self.refused(error)
            except Exception as error:  # noqa: BLE001 - a batch's thread has nobody to tell
                self.failed(error)
            finally:
                self._free.release()

    def _invoke(self, messages: list[dict[str, Any]]) -> None:
        passes = event_filter(self.mapping)
        records = [(m, self._record(m)) for m in messages]  # a message may be there twice
        wanted = [r for _m, r in records if passes(_filterable(r))]
        failed: set[str] = set()
        if wanted:
            event = json.dumps({"Records": wanted}).encode()
            try:
                done = invocation.run(self.function(), event, self.mapping.function_arn)
            except pool.ThrottledError:
                return
            failed = failed_items(self.mapping, done, [r["messageId"] for r in wanted])
        gone = [m for m, _r in records if m["MessageId"] not in failed]
        for start in range(0, len(gone), RECEIVE_LIMIT):
            entries = [
                {"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]}
                for n, m in enumerate(gone[start : start + RECEIVE_LIMIT])
            ]
            self.client().delete_message_batch(QueueUrl=self._url, Entries=entries)

    def _record(self, message: dict[str, Any]) -> dict[str, Any]:
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {
                name: _attribute(value)
                for name, value in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self.mapping.event_source_arn,
            "awsRegion": self.region,
        }
        if "MD5OfMessageAttributes" in message:
            record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
        return record


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }
    if "StringValue" in value:
        found["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        found["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return found


def _filterable(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record as filters see it: a JSON body is taken apart."""
    try:
        return {**record, "body": json.loads(record["body"])}
    except ValueError:
        return record
