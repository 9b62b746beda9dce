"""The start of the same function as it is usually written: what it imports and connects.

boto3 with a client per service and DynamoDB's resource, Powertools with its tracer, batch
processing and parser. It is only ever started; what it would do is what `peers.naive` does.
"""

from __future__ import annotations

import json
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.parser import BaseModel, parse
from aws_lambda_powertools.utilities.parser.models import EventBridgeModel, SqsRecordModel

from benchmarks.peers import TABLE

logger = Logger()
metrics = Metrics()
tracer = Tracer()
processor = BatchProcessor(event_type=EventType.SQS)
s3 = boto3.client("s3")
sqs = boto3.client("sqs")
dynamodb = boto3.client("dynamodb")
table = boto3.resource("dynamodb").Table(TABLE)


class Record(BaseModel):
    """A record of the dataset that the benchmarks use."""

    id: str
    time: str
    source: str
    eventType: str  # noqa: N815 - the data's own name
    customerId: str  # noqa: N815
    amount: float
    quantity: int
    active: bool
    note: str | None = None
    attributes: dict[str, Any] | None = None


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handler(event: Any, context: Any) -> Any:
    """Process the messages of a batch."""
    return process_partial_response(event, _announced, processor, context)


def _announced(message: dict[str, Any]) -> EventBridgeModel:
    received = parse(event=message, model=SqsRecordModel)
    return parse(event=json.loads(str(received.body)), model=EventBridgeModel)
