"""A server that answers as S3, DynamoDB and SQS do, at once or after a fixed time, and counts."""

from benchmarks.stub.running import Stub, StubCounts

__all__ = ["Stub", "StubCounts"]
