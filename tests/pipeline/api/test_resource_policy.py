"""Who may reach the API at all."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from pipeline.api.document import load_document, routes
from pipeline.api.resource_policy import resource_policy

ARN = "arn:aws:execute-api:us-east-1:111122223333:*/v1-dev"
ROUTES = routes(load_document())
CIDRS = ["203.0.113.0/24", "2001:db8::/32"]


def statements(**settings: Any) -> dict[str, dict[str, Any]]:
    text = resource_policy(ARN, ROUTES, **{"signed": True, "allowed_cidrs": [], **settings})
    assert len(text) <= 8192
    return {each["Sid"]: each for each in json.loads(text)["Statement"]}


def concerns(statement: dict[str, Any], request: str) -> bool:
    resources = statement["Resource"]
    arns = [resources] if isinstance(resources, str) else resources
    return any(fnmatchcase(f"{ARN.replace('*', 'abc123')}/{request}", each) for each in arns)


def test_anybody_may_call_only_what_is_open_when_requests_are_signed() -> None:
    """R-B8: or everybody with an AWS account of his own could sign, and come in."""
    found = statements()

    assert set(found) == {"Allow"}
    allowed = [each for each in ROUTES if concerns(found["Allow"], each.resource)]
    assert {each.path for each in allowed} == {"/health", "/openapi.json"}
    assert concerns(found["Allow"], "OPTIONS/process")


def test_the_policy_leaves_tokens_to_the_authorizer() -> None:
    """R-B8: it is asked besides, and has to allow."""
    found = statements(signed=False)

    assert all(concerns(found["Allow"], each.resource) for each in ROUTES)


@pytest.mark.parametrize("signed", [True, False])
def test_other_addresses_reach_the_health_check_alone(signed: bool) -> None:
    """R-C1: the allowed CIDR; Route 53 asks from everywhere."""
    denied = statements(signed=signed, allowed_cidrs=CIDRS)["DenyOtherAddresses"]

    assert denied["Effect"] == "Deny"
    assert denied["Principal"] == "*"
    assert denied["Condition"] == {"NotIpAddress": {"aws:SourceIp": CIDRS}}
    for each in ROUTES:
        guarded = each.path != "/health"
        assert concerns(denied, each.resource) == guarded
        # The same method, by another ARN.
        assert concerns(denied, f"{each.resource}/") == guarded
    assert concerns(denied, "OPTIONS/process")


def test_a_hundred_ranges_are_still_a_policy_of_api_gateway() -> None:
    """R-B11: it has at most 8,192 characters."""
    longest = [f"ffff:ffff:ffff:ffff:ffff:ffff:ffff:{index:04x}/128" for index in range(100)]

    assert statements(allowed_cidrs=longest)
