"""Signature Version 4 of a request, verified against the secret of its caller.

Source: IAM User Guide, "Create a signed AWS API request" and "AWS Signature Version 4 for API
requests". Signatures in the query string are not known here.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from embedded_aws.gateway.refusals import GatewayError
from embedded_aws.state import ADMIN_ACCESS_KEY, ADMIN_SECRET_KEY, RUN

if TYPE_CHECKING:
    from embedded_aws.gateway.incoming import Incoming

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "execute-api"
SKEW = timedelta(minutes=5)
_HEADER = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[^/]+)/"
    r"(?P<service>[^/]+)/aws4_request,\s*SignedHeaders=(?P<signed>[^,\s]+),\s*"
    r"Signature=(?P<signature>[0-9a-f]{64})\s*"
)


@dataclass(frozen=True)
class Scope:
    """What the Authorization header says."""

    access_key: str
    date: str
    region: str
    signed: tuple[str, ...]
    signature: str


def verify(incoming: Incoming, region: str) -> str:
    """Verify the signature of a request.

    Returns
    -------
    str
        The access key of the caller.

    Raises
    ------
    GatewayError
        There is no signature, it is too old, or it is not the caller's.
    """
    scope = _scope(incoming, region)
    stamp = incoming.header("X-Amz-Date") or ""
    _check_age(stamp, scope)
    secret = secret_of(scope.access_key)
    if secret is None:
        raise GatewayError(
            "ACCESS_DENIED",
            "The security token included in the request is invalid.",
            error_type="UnrecognizedClientException",
        )
    key = f"AWS4{secret}".encode()
    for step in (scope.date, scope.region, SERVICE, "aws4_request"):
        key = _hmac(key, step)
    place = f"{scope.date}/{scope.region}/{SERVICE}/aws4_request"
    # Clients differ in how they encode a query string again that is encoded already.
    for query in {_canonical_query(incoming.raw_query), _sorted_query(incoming.raw_query)}:
        request = _canonical(incoming, scope, query)
        digest = hashlib.sha256(request.encode()).hexdigest()
        wanted = _hmac(key, "\n".join([ALGORITHM, stamp, place, digest])).hex()
        if hmac.compare_digest(wanted, scope.signature):
            return scope.access_key
    raise GatewayError("INVALID_SIGNATURE")


def secret_of(access_key: str) -> str | None:
    """Return the secret of an access key; None for one that nobody handed out."""
    if access_key == ADMIN_ACCESS_KEY:
        return ADMIN_SECRET_KEY
    sessions = list(sts_backends[RUN.account]["aws"].assumed_roles)
    for session in reversed(sessions):
        if session.access_key_id == access_key:
            return str(session.secret_access_key)
    for user in list(iam_backends[RUN.account]["aws"].users.values()):
        for key in user.access_keys:
            if key.access_key_id == access_key and key.status == "Active":
                return str(key.secret_access_key)
    return None


def _scope(incoming: Incoming, region: str) -> Scope:
    header = incoming.header("Authorization")
    if not header:
        raise GatewayError("MISSING_AUTHENTICATION_TOKEN")
    found = _HEADER.fullmatch(header.strip())
    if found is None:
        raise GatewayError(
            "INVALID_SIGNATURE",
            "Authorization header requires 'Credential' parameter. Authorization header requires "
            "'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.",
            error_type="IncompleteSignatureException",
        )
    for name, wanted in (("region", region), ("service", SERVICE)):
        if found[name] != wanted:
            raise GatewayError(
                "INVALID_SIGNATURE",
                f"Credential should be scoped to a valid {name}.",
            )
    signed = tuple(found["signed"].split(";"))
    if "host" not in signed:
        raise GatewayError("INVALID_SIGNATURE")
    return Scope(found["key"], found["date"], found["region"], signed, found["signature"])


def _check_age(stamp: str, scope: Scope) -> None:
    try:
        signed = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise GatewayError("INVALID_SIGNATURE") from None
    if abs(datetime.now(UTC) - signed) > SKEW or not stamp.startswith(scope.date):
        raise GatewayError("INVALID_SIGNATURE", f"Signature expired: {stamp}")


def _canonical(incoming: Incoming, scope: Scope, query: str) -> str:
    headers = "".join(f"{name}:{_values(incoming, name)}\n" for name in scope.signed)
    return "\n".join(
        [
            incoming.verb,
            quote(_normalized(incoming.raw_path), safe="/~"),
            query,
            headers,
            ";".join(scope.signed),
            hashlib.sha256(incoming.body or b"").hexdigest(),
        ]
    )


def _normalized(path: str) -> str:
    """Remove dots and empty segments (RFC 3986, section 5.2.4)."""
    steps: list[str] = []
    for step in path.split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step not in ("", "."):
            steps.append(step)
    return "/" + "/".join(steps) + ("/" if path.endswith("/") and steps else "")


def _values(incoming: Incoming, name: str) -> str:
    found = [value for each, value in incoming.headers if each.lower() == name]
    return ",".join(" ".join(value.split()) for value in found)


def _pairs(query: str) -> list[tuple[str, str]]:
    parts = [part.partition("=") for part in query.split("&") if part]
    return [(name, value) for name, _, value in parts]


def _canonical_query(query: str) -> str:
    again = [
        (quote(unquote(name), safe="-_.~"), quote(unquote(value), safe="-_.~"))
        for name, value in _pairs(query)
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(again))


def _sorted_query(query: str) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(_pairs(query)))


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
