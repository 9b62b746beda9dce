"""What tests of the functions share: an AWS in the process, the context of an invocation."""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from moto import mock_aws

REGION = "us-east-1"


@dataclass
class InvocationContext:
    """What the Lambda runtime hands to a handler beside the event."""

    function_name: str = "serverless-data-processor-dev"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = (
        "arn:aws:lambda:us-east-1:111122223333:function:serverless-data-processor-dev"
    )
    aws_request_id: str = field(default_factory=lambda: str(uuid4()))
    remaining_ms: int = 300_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


@contextmanager
def cold_start(handler_module: str) -> Iterator[ModuleType]:
    """Import a handler as a new execution environment does."""
    sys.modules.pop(handler_module, None)
    try:
        yield importlib.import_module(handler_module)
    finally:
        sys.modules.pop(handler_module, None)


@contextmanager
def logged(logger: Any) -> Iterator[StringIO]:
    """Catch what a Powertools logger writes."""
    handler, text = logger.registered_handler, StringIO()
    before = handler.setStream(text)
    try:
        yield text
    finally:
        handler.stream = before


@pytest.fixture
def context() -> InvocationContext:
    return InvocationContext()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS account that no other test sees."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with mock_aws():
        yield
