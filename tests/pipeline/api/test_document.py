"""The document, as the clients of a deployment get it."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest

from pipeline.api.document import load_document, published, routes


def told(authorization: Literal["iam", "cognito"], *, api_key: bool) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        published(load_document(), authorization=authorization, api_key=api_key)
    )
    return found


@pytest.mark.parametrize(
    ("authorization", "api_key", "schemes"),
    [
        ("iam", False, {"signature"}),
        ("iam", True, {"signature", "key"}),
        ("cognito", False, {"token"}),
        ("cognito", True, {"token", "key"}),
    ],
)
def test_clients_are_told_what_the_deployment_demands(
    authorization: Literal["iam", "cognito"], api_key: bool, schemes: set[str]
) -> None:
    """R-C3, R-E5: all of it together, and nothing else; the rest is as it was written."""
    document = told(authorization, api_key=api_key)

    assert document["security"] == [{name: [] for name in schemes}]
    assert set(document["components"]["securitySchemes"]) == schemes
    plain = load_document()
    assert document["paths"] == plain["paths"]
    assert document["components"]["schemas"] == plain["components"]["schemas"]


def test_open_routes_demand_nothing() -> None:
    """R-C3: those, and no others, whatever the deployment demands."""
    document = load_document()

    for route in routes(document):
        operation = document["paths"][route.path][route.verb.lower()]
        assert operation.get("security") == ([] if route.is_open else None)


def test_the_file_has_every_setting() -> None:
    """R-C3."""
    document = load_document()

    settings = [
        {*told(authorization, api_key=key)["security"][0]}
        for authorization in ("iam", "cognito")
        for key in (False, True)
    ]
    assert [{*each} for each in document["security"]] == settings
