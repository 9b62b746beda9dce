"""What a message of a dead-letter queue is: which objects it announces, and why it stands there.

Three kinds come together in one queue:

- a message of the work queue that was received too often: an event, or an announcement of the
  pipeline's own; the ledger knows why its object could not be processed;
- a message with the attributes ERROR_CODE and ERROR_MESSAGE: the processor could not read it, or
  EventBridge could not deliver it ("Using dead-letter queues to process undelivered events",
  EventBridge User Guide);
- with the direct trigger, Lambda's record of an event that failed ("Capturing records of Lambda
  asynchronous invocations", AWS Lambda Developer Guide), with the event inside.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

_LONGEST_CAUSE = 200


@dataclass(frozen=True)
class Announced:
    """An object version that a message announces; the key as S3 has it.

    Parameters
    ----------
    key, version_id
        The version; "" where the event names none.
    part
        One of the ranges of an object that was split; None: the whole object.
    """

    key: str
    version_id: str
    part: int | None = None


@dataclass(frozen=True)
class Letter:
    """One message.

    Parameters
    ----------
    receipt_handle
        Of the receive that found it.
    objects
        What it announces; empty when nobody can read it.
    cause
        Why it stands there, if it tells so itself; else "".
    failed_event
        The event inside a record of Lambda, as JSON text; None for every other message.
    """

    receipt_handle: str
    objects: tuple[Announced, ...]
    cause: str
    failed_event: str | None = None


def read(message: Mapping[str, Any]) -> Letter:
    """Read a message as ReceiveMessage returns it, with all its attributes."""
    body = _parsed(message["Body"])
    told = {
        name: str(value.get("StringValue", ""))
        for name, value in message.get("MessageAttributes", {}).items()
    }
    cause = ": ".join(each for name in _TELLING if (each := told.get(name, "")))
    failed_event = None
    if isinstance(body, dict) and "requestContext" in body and "requestPayload" in body:
        cause = cause or _cause_of(body)
        body = body["requestPayload"]
        failed_event = json.dumps(body)
    return Letter(
        receipt_handle=message["ReceiptHandle"],
        objects=tuple(_announced(body)),
        cause=cause[:_LONGEST_CAUSE],
        failed_event=failed_event,
    )


_TELLING = ("ERROR_CODE", "ERROR_MESSAGE")


def _cause_of(record: dict[str, Any]) -> str:
    """Return what Lambda's record says: the error of the function, or why it was not called."""
    answer, context = record.get("responsePayload"), record["requestContext"]
    error = answer if isinstance(answer, dict) else {}
    told = [str(error[name]) for name in ("errorType", "errorMessage") if error.get(name)]
    condition = context.get("condition") if isinstance(context, dict) else None
    return ": ".join(told) or str(condition or "")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _announced(event: Any) -> Iterator[Announced]:
    match event:
        case {"announcement": {"key": str(key), **rest}}:
            part, version = rest.get("part"), str(rest.get("versionId") or "")
            yield Announced(key, version, part if isinstance(part, int) else None)
        case {"detail": {"object": {"key": str(key), **rest}}}:
            yield Announced(key, str(rest.get("version-id") or ""))
        case {"Records": list(records)}:
            for record in records:
                match record:
                    case {"s3": {"object": {"key": str(key), **rest}}}:
                        # S3's notifications have it URL-encoded, unlike EventBridge's events.
                        yield Announced(unquote_plus(key), str(rest.get("versionId") or ""))
