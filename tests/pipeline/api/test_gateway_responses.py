"""What the gateway itself answers, as problem details."""

from __future__ import annotations

import json
import re
from typing import Any

import botocore.session
import jsonschema_rs
import pytest

from pipeline.api.document import load_document
from pipeline.api.gateway_responses import gateway_responses

ANSWERS = gateway_responses([])


def rendered(kind: str) -> dict[str, Any]:
    """The body, with values where API Gateway puts some."""
    template = ANSWERS[kind]["responseTemplates"]["application/json"]
    text = template.replace("$context.error.messageString", '"Missing \\"x\\""')
    body: dict[str, Any] = json.loads(re.sub(r"\$context\.[A-Za-z.]+", "value", text))
    return body


def test_every_type_of_the_gateway_has_an_answer() -> None:
    """R-E5: whatever AWS knows today."""
    models = botocore.session.get_session().get_service_model("apigateway")
    known = set(models.shape_for("GatewayResponseType").enum)

    assert set(ANSWERS) == known


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_answer_is_a_problem_as_the_document_describes_it(kind: str) -> None:
    """R-E5, RFC 9457: the media type, and the status that the body tells is the answer's."""
    document = load_document()
    schema = {**document["components"]["schemas"]["Problem"], "components": document["components"]}
    body = rendered(kind)

    assert not list(jsonschema_rs.Draft4Validator(schema).iter_errors(body))
    assert str(body["status"]) == ANSWERS[kind]["statusCode"]
    headers = ANSWERS[kind]["responseParameters"]
    assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("BAD_REQUEST_BODY", 400),
        ("BAD_REQUEST_PARAMETERS", 400),
        ("UNAUTHORIZED", 401),
        ("ACCESS_DENIED", 403),
        ("INVALID_API_KEY", 403),
        ("REQUEST_TOO_LARGE", 413),
        ("QUOTA_EXCEEDED", 429),
        ("THROTTLED", 429),
        ("INTEGRATION_TIMEOUT", 504),
    ],
)
def test_the_status_is_what_clients_know(kind: str, status: int) -> None:
    """R-E5."""
    assert rendered(kind)["status"] == status


def test_a_body_that_is_not_valid_is_answered_with_the_reason() -> None:
    """R-E5: `$context.error.validationErrorString`."""
    template = ANSWERS["BAD_REQUEST_BODY"]["responseTemplates"]["application/json"]

    assert '"detail":"$context.error.validationErrorString"' in template


def test_a_throttled_client_is_told_when_to_come_back() -> None:
    """R-E5."""
    assert ANSWERS["THROTTLED"]["responseParameters"]["gatewayresponse.header.Retry-After"] == "'1'"


def test_a_body_that_is_too_large_is_told_both_limits_and_where_to_go() -> None:
    """R-E5: API Gateway's and Lambda's; the function is not asked and can sign no URL."""
    detail = rendered("REQUEST_TOO_LARGE")["detail"]

    for told in ("10 MB of API Gateway", "6 MB of an event of Lambda", "POST /uploads"):
        assert told in detail
    assert "post" in load_document()["paths"]["/uploads"]
