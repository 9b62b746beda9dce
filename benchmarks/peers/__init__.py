"""Four ways from an object in S3 to items in DynamoDB, each run in a process of its own.

All of them leave the same items: what a peer does without is validation, the claim, the quarantine
and the log, not a part of the result.
"""

from __future__ import annotations

from typing import Literal

Peer = Literal["pipeline", "naive", "batch_writer", "awswrangler"]
PEERS: tuple[Peer, ...] = ("pipeline", "naive", "batch_writer", "awswrangler")

BUCKET = "serverless-data-ingestion-bench-111122223333-us-east-1"
TABLE = "serverless-processed-data-bench"
REGION = "us-east-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLEEXAMPLE00",
    "AWS_SECRET_ACCESS_KEY": "example-secret-key-of-forty-characters-0",
    # As long as those of a role's temporary credentials: it is a part of what is signed and sent.
    "AWS_SESSION_TOKEN": "t" * 700,
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}
