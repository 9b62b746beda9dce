"""The quarantine's objects: whole or absent, in a bounded part of memory."""

from typing import Any

import pytest

from shared import aws_quarantine_bucket
from shared.aws_clients import create_client
from shared.aws_quarantine_bucket import QuarantineBucket

from .conftest import VARIABLES, Pipeline

MEGABYTES_6 = b"x" * (6 * 1024 * 1024 - 1) + b"\n"


def bucket() -> tuple[Any, QuarantineBucket]:
    client = create_client("s3", region="us-east-1")
    return client, QuarantineBucket(client, VARIABLES["QUARANTINE_BUCKET"])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_large_quarantines_are_uploaded_in_parts(pipeline: Pipeline, count: int) -> None:
    """R-F3."""
    _, quarantine = bucket()
    with quarantine.create("quarantine/o.jsonl") as target:
        for _ in range(count):
            target.add(MEGABYTES_6)
            assert len(target._buffer) < aws_quarantine_bucket.PART_BYTES
        target.close()
    assert pipeline.quarantine() == {"quarantine/o.jsonl": MEGABYTES_6 * count}


def test_a_long_line_is_uploaded_in_parts_of_which_one_is_in_memory(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A4: a quarantined record may be as long as many parts."""
    part = 5 * 1024 * 1024
    monkeypatch.setattr(aws_quarantine_bucket, "PART_BYTES", part)
    client, quarantine = bucket()
    sizes: list[int] = []
    upload_part = client.upload_part

    def noted(**told: Any) -> Any:
        sizes.append(len(told["Body"]))
        return upload_part(**told)

    client.upload_part = noted
    line = bytes(range(256)) * (3 * part // 256) + b"end\n"
    with quarantine.create("quarantine/o.jsonl") as target:
        target.add(b"begin\n")
        target.add(line)
        assert len(target._buffer) < part
        target.close()
    assert sizes == [part, part, part, 10]
    assert pipeline.quarantine() == {"quarantine/o.jsonl": b"begin\n" + line}


def test_nothing_is_left_of_an_upload_that_failed(pipeline: Pipeline) -> None:
    """R-F3."""
    client, quarantine = bucket()

    def fail() -> None:
        with quarantine.create("quarantine/o.jsonl") as target:
            target.add(MEGABYTES_6)
            target.add(MEGABYTES_6)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    uploads = client.list_multipart_uploads(Bucket=VARIABLES["QUARANTINE_BUCKET"])
    assert not uploads.get("Uploads")
    assert pipeline.quarantine() == {}


def test_no_rejections_make_no_object(pipeline: Pipeline) -> None:
    """R-A8."""
    _, quarantine = bucket()
    with quarantine.create("quarantine/o.jsonl") as target:
        target.close()
    assert pipeline.quarantine() == {}
