"""The deployed API does what its document says, whatever it is sent (R-C3)."""

import json
from typing import Any
from urllib.parse import urlsplit

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    PositiveDataAcceptanceConfig,
    ProjectConfig,
    ProjectsConfig,
)
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from tests.end_to_end.deployed.calling import Api
from tests.end_to_end.deployed.conftest import PRIMARY, Deployment
from tests.project_copy import ROOT

DOCUMENT = ROOT / "constructs" / "pipeline" / "api" / "openapi.json"
EXAMPLES = 50


class Signer(requests.auth.AuthBase):
    """Signs what is about to be sent; whatever was made up in its place is replaced."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        parts = urlsplit(prepared.url or "")
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        body: Any = prepared.body
        body = body.encode() if isinstance(body, str) else body
        prepared.headers["Host"] = self._api.host
        prepared.headers.update(self._api.signature(prepared.method or "", target, body, {}))
        return prepared


def described() -> Any:
    """Return the document, with datasets of the deployment: others would all be 404."""
    document = json.loads(DOCUMENT.read_text())
    del document["security"], document["components"]["securitySchemes"]  # see Signer
    names = ["readings", "orders"]
    for schema in ("ProcessRequest", "UploadRequest"):
        document["components"]["schemas"][schema]["properties"]["dataset"]["enum"] = names
    parameters = document["paths"]["/records"]["get"]["parameters"]
    (dataset,) = (each for each in parameters if each["name"] == "dataset")
    dataset["required"] = True
    dataset["schema"]["enum"] = names
    # The document cannot say what a valid record is, and which keys were used.
    accepted = PositiveDataAcceptanceConfig(expected_statuses=["2xx", "404", "409", "422"])
    project = ProjectConfig(
        checks=ChecksConfig(positive_data_acceptance=accepted),
        generation=GenerationConfig(deterministic=True, database="none"),
    )
    config = schemathesis.Config(projects=ProjectsConfig(default=project))
    return schemathesis.openapi.from_dict(document, config=config)


schema = described()


@schema.parametrize()  # type: ignore[untyped-decorator]
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_api_does_what_its_document_says(
    case: schemathesis.Case[Any], deployed: Deployment
) -> None:
    """R-C3: statuses, media types, headers and bodies; what is wrong is refused.

    A path and method that do not exist are 403 at API Gateway, not 405: nothing is told to whom
    it does not know.
    """
    api = Api(deployed, PRIMARY)
    excluded = [unsupported_method]
    # The one is signed, the other excludes filters, which the document cannot say.
    if {"cursor", "recordId"} & case.query.keys():
        excluded.append(positive_data_acceptance)
    case.call_and_validate(api.address, auth=Signer(api), excluded_checks=excluded)
