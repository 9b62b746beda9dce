"""An error answer in the form of the service's own protocol."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from xml.sax.saxutils import escape

from moto.core.utils import get_service_model

if TYPE_CHECKING:
    from .call import ApiCall


@dataclass
class RefusedError(Exception):
    """The request goes no further; the client is told why.

    Parameters
    ----------
    code
        AWS's error code, such as `ValidationException`.
    message
        AWS's message.
    status
        HTTP status code.
    """

    code: str
    message: str
    status: int = 400

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def answer(call: ApiCall, error: RefusedError) -> tuple[int, dict[str, str], bytes]:
    """Give status, headers and body of the error for the protocol of the call."""
    request_id = str(uuid4())
    headers = {"x-amzn-requestid": request_id}
    if call.service == "s3":
        body = b"" if call.request.method == "HEAD" else _s3_xml(error, request_id)
        return error.status, {**headers, "Content-Type": "application/xml"}, body
    if call.service in {"route53", "cloudfront"} or call.is_query:
        headers["Content-Type"] = "text/xml"
        body = _ec2_xml(error, request_id) if call.service == "ec2" else _xml(error, request_id)
        return error.status, headers, body
    headers |= {"Content-Type": _json_type(call), "X-Amzn-Errortype": error.code}
    if call.service == "sqs":
        # SQS's clients read the code of the older query protocol from this header.
        headers["x-amzn-query-error"] = f"{_sqs_query_code(error.code)};Sender"
    member = "Message" if call.service in {"lambda", "xray"} else "message"
    content: dict[str, Any] = {"__type": error.code, member: error.message}
    return error.status, headers, json.dumps(content).encode()


def _sqs_query_code(code: str) -> str:
    return "AccessDenied" if code == "AccessDeniedException" else code


def _json_type(call: ApiCall) -> str:
    if not call.target:
        return "application/json"
    try:
        version = get_service_model(call.service).metadata.get("jsonVersion", "1.0")
    except Exception:  # noqa: BLE001 - a service without a model still gets its refusal
        version = "1.1"
    return f"application/x-amz-json-{version}"


def _s3_xml(error: RefusedError, request_id: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
        f"<RequestId>{request_id}</RequestId><HostId>{request_id}</HostId></Error>"
    ).encode()


def _xml(error: RefusedError, request_id: str) -> bytes:
    return (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{error.code}</Code>"
        f"<Message>{escape(error.message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()


def _ec2_xml(error: RefusedError, request_id: str) -> bytes:
    return (
        f"<Response><Errors><Error><Code>{error.code}</Code><Message>{escape(error.message)}"
        f"</Message></Error></Errors><RequestID>{request_id}</RequestID></Response>"
    ).encode()
