"""The sample by someone who has read on: `Table.batch_writer`."""

from __future__ import annotations

import boto3

from benchmarks.peers import BUCKET, TABLE
from benchmarks.peers.items import item, records

s3 = boto3.client("s3")
table = boto3.resource("dynamodb").Table(TABLE)


def process(key: str) -> None:
    """Store the records of an object."""
    body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with table.batch_writer() as batch:
        for position, record in records(body):
            batch.put_item(Item=item(key, position, record))
