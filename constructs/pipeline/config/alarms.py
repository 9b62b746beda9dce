"""When alarms go off, and whom they tell (rows A12, B10, C5, E6)."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from pipeline.config.section import Section

_ADDRESS = re.compile(r"[^\s,;<>@]+@[^\s,;<>@]+\.[^\s,;<>@.]+")


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("must be one e-mail address, such as operators@example.com")
    return text


Count = Annotated[int, Field(ge=1, le=1_000_000)]
Percent = Annotated[int, Field(ge=1, le=100)]
Minutes = Annotated[int, Field(ge=1, le=1440)]


class Alarms(Section):
    """Whom alarms tell, and from which value on they go off, within five minutes each.

    ``email`` has to be confirmed by whoever reads it. The defaults are for little traffic: a
    single error counts. Durations are told by the 99th percentile: of a function as a part of its
    own time-out, of the one that answers the API in seconds; those that work on requests also by
    their average, in seconds, at most the same part of what they can take at all.
    """

    email: Annotated[str, Field(max_length=254), AfterValidator(_address)] | None = None
    function_errors: Count = 1
    function_throttles: Count = 1
    function_duration_percent: Percent = 80
    api_function_seconds: Annotated[float, Field(gt=0, le=29)] = 3.0
    request_average_seconds: Annotated[float, Field(gt=0, le=900)] = 30.0
    api_client_errors: Count = 5
    api_server_errors: Count = 1
    api_latency_seconds: Annotated[float, Field(gt=0, le=29)] = 2.0
    failed_executions: Count = 1
    retried_objects: Count = 10
    table_throttles: Count = 1
    table_user_errors: Count = 11
    queue_age_minutes: Minutes = 60
    stream_age_minutes: Minutes = 15
    replication_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
