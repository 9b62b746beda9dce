"""The library for data on AWS: awswrangler's `put_items`."""

from __future__ import annotations

import awswrangler as wr
import boto3

from benchmarks.peers import BUCKET, TABLE
from benchmarks.peers.items import item, records

s3 = boto3.client("s3")


def process(key: str) -> None:
    """Store the records of an object."""
    body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    items = [item(key, position, record) for position, record in records(body)]
    wr.dynamodb.put_items(items=items, table_name=TABLE)
