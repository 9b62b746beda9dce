"""From an address to an API and its stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.apigateway.models import apigateway_backends

from embedded_aws.gateway import custom_domains
from embedded_aws.gateway.addresses import HOST, PREFIX, custom_domain
from embedded_aws.gateway.incoming import request_target
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from moto.apigateway.models import RestAPI


@dataclass(frozen=True)
class Place:
    """Where a request goes.

    Parameters
    ----------
    api
        moto's API; None when there is no such.
    region
        Its region; us-east-1 when there is none.
    stage
        Name of the stage, whether it exists or not.
    path
        What stands below the stage, encoded as it came; begins with a slash.
    domain
        The host name: the API's own, or a custom one.
    base
        What stood before the path: the stage, or the base path of a custom domain name.
    """

    api: RestAPI | None
    region: str
    stage: str
    path: str
    domain: str
    base: str


def find(environ: dict[str, Any]) -> Place:
    """Find the API and the stage that a request is for."""
    path, _ = request_target(environ)
    if not path.startswith(PREFIX) and (name := custom_domain(environ)) is not None:
        found = custom_domains.find(name, path)
        return Place(
            found.api, found.region, found.stage, found.path or "/", domain=name, base=found.base
        )
    host = HOST.fullmatch(environ.get("HTTP_HOST", ""))
    if path.startswith(PREFIX):
        api_id, _, path = path.removeprefix(PREFIX).partition("/")
        region = None
    else:
        api_id, region = (host[1], host[2].lower()) if host else ("", None)
        path = path.lstrip("/")
    stage, slash, below = path.partition("/")
    api, region = _api(api_id.lower(), region)
    domain = f"{api_id.lower()}.execute-api.{region}.amazonaws.com"
    return Place(api, region, stage, slash + below or "/", domain, base=f"/{stage}")


def _api(api_id: str, region: str | None) -> tuple[RestAPI | None, str]:
    for name, backend in list(apigateway_backends[RUN.account].items()):
        if region in (None, name) and api_id in backend.apis:
            return backend.apis[api_id], name
    return None, region or "us-east-1"
