"""The stream processor against S3."""

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from shared.aws_environment import InvalidEnvironmentError
from stream_processor.settings import Settings
from stream_processor.trail import trail
from tests.functions.conftest import cold_start, logged

from .conftest import BUCKET, ENVIRONMENT, stream_record


@pytest.fixture
def function(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    with cold_start("stream_processor.handler") as module:
        yield module


def contents() -> list[bytes]:
    s3 = boto3.client("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    return [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in sorted(keys)]


def test_a_batch_delivered_twice_is_in_the_bucket_once(function: ModuleType, context: Any) -> None:
    """R-A9."""
    event = {"Records": [stream_record(number, second=number // 3) for number in range(7)]}
    assert function.handler(event, context) == {"batchItemFailures": []}
    event["Records"] += [stream_record(7, second=2)]
    assert function.handler(event, context) == {"batchItemFailures": []}
    assert [int(change["eventID"], 16) for change in trail(contents())] == list(range(8))


def test_the_stream_is_asked_to_deliver_again_from_the_first_change_not_written(
    function: ModuleType, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A9. When S3 refuses in the middle, what came before stays acknowledged."""
    create, calls = function.store.create, []

    def refuse_second(key: str, content: bytes) -> bool:
        calls.append(key)
        if len(calls) == 2:
            raise ClientError({"Error": {"Code": "SlowDown"}}, "PutObject")
        return bool(create(key, content))

    monkeypatch.setattr(function.store, "create", refuse_second)
    records = [stream_record(number, second=number // 2) for number in range(6)]
    answer = function.handler({"Records": records}, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": str(10**20 + 2)}]}
    assert function.handler({"Records": records[2:]}, context) == {"batchItemFailures": []}
    assert [int(change["eventID"], 16) for change in trail(contents())] == list(range(6))


def test_what_was_recorded_is_logged_and_counted(
    function: ModuleType, context: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-A16."""
    with logged(function.logger) as text:
        function.handler({"Records": [stream_record(1)]}, context)
    text.write(capsys.readouterr().out)
    lines = [json.loads(line) for line in text.getvalue().splitlines()]
    assert any(line.get("ChangesAudited") == 1 for line in lines)
    assert any(line.get("ChangesAudited") == [1.0] for line in lines)


def test_a_wrong_environment_is_reported_whole() -> None:
    """Fail fast: every variable that is wrong is named with what is allowed."""
    with pytest.raises(InvalidEnvironmentError) as caught:
        Settings.read(ENVIRONMENT | {"AUDIT_BUCKET": "No_Bucket", "LOG_LEVEL": "LOUD"})
    assert "AUDIT_BUCKET is 'No_Bucket'; it must be a bucket name" in str(caught.value)
    assert "LOG_LEVEL is 'LOUD'; it must be one of DEBUG" in str(caught.value)
