"""From a custom domain name to the region that DNS leads to, and the stage that is mapped there.

Source: API Gateway Developer Guide, "Use API mappings to connect API stages to a custom domain name
for REST APIs".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from moto.apigateway.models import apigateway_backends

from embedded_aws.services.route53_answers import resolve
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from moto.apigateway.models import APIGatewayBackend, RestAPI

_NO_PATH = "(none)"


class Mapped(NamedTuple):
    """Where a domain name leads: as `Place`, with the base path that was taken off the path."""

    api: RestAPI | None
    region: str
    stage: str
    base: str
    path: str


def find(domain: str, path: str) -> Mapped:
    """Find what answers under a domain name; the path begins with a slash."""
    region, backend = _region(domain)
    mappings: dict[str, Any] = backend.base_path_mappings.get(domain) or {}
    first, slash, rest = path.lstrip("/").partition("/")
    if first in mappings:
        mapping, base, below = mappings[first], f"/{first}", slash + rest
    else:
        mapping, base, below = mappings.get(_NO_PATH), "", path
    if mapping is None:
        return Mapped(None, region, "", base, below)
    api = backend.apis.get(mapping.rest_api_id)
    return Mapped(api, region, mapping.stage or "", base, below)


def _region(domain: str) -> tuple[str, APIGatewayBackend]:
    """Return the region that the name's records lead to; without records, the first one."""
    places = {
        region: backend
        for region, backend in sorted(apigateway_backends[RUN.account].items())
        if domain in backend.domain_names
    }
    target = resolve(domain)
    for region, backend in places.items():
        if backend.domain_names[domain].regional_domain_name == target:
            return region, backend
    return next(iter(places.items()))
