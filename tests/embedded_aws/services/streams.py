"""Read a table's stream from its beginning."""

from __future__ import annotations

from typing import Any


def records_of(aws: Any, region: str, table: str) -> list[dict[str, Any]]:
    arn = aws.client("dynamodb", region).describe_table(TableName=table)["Table"]["LatestStreamArn"]
    client = aws.client("dynamodbstreams", region)
    shards = client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = client.get_shard_iterator(
        StreamArn=arn, ShardId=shards[0]["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records: list[dict[str, Any]] = []
    while page := client.get_records(ShardIterator=iterator, Limit=100):
        if not page["Records"]:
            break
        records += page["Records"]
        iterator = page["NextShardIterator"]
    return records
