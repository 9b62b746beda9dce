"""The REST API and its users, as an environment file describes them."""

import ipaddress
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pipeline.config.section import Section

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})+")
_ZONE_ID = re.compile(r"[A-Z0-9]{1,32}")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|\*")


def _cidr(block: str) -> str:
    try:
        return str(ipaddress.ip_network(block))
    except ValueError as error:
        raise ValueError(f"must be a CIDR block such as 203.0.113.0/24 ({error})") from error


def _origin(origin: str) -> str:
    if not _ORIGIN.fullmatch(origin):
        raise ValueError("must be an origin such as https://example.com, without a path, or *")
    return origin


def _domain(name: str) -> str:
    if not _DOMAIN.fullmatch(name):
        raise ValueError("must be a domain name in lower case, such as api.example.com")
    return name


def _zone_id(identifier: str) -> str:
    if not _ZONE_ID.fullmatch(identifier):
        raise ValueError("must be the id of a hosted zone, such as Z0123456789ABCDEFGHIJ")
    return identifier


def _everybody_alone(origins: list[str]) -> list[str]:
    if "*" in origins and len(origins) > 1:
        raise ValueError("has * beside other origins; * alone is for everybody")
    return origins


Cidr = Annotated[str, AfterValidator(_cidr)]
Origin = Annotated[str, Field(max_length=253), AfterValidator(_origin)]
# ACM, "RequestCertificate": the domain name of a certificate has 64 characters.
Domain = Annotated[str, Field(max_length=64), AfterValidator(_domain)]
# API Gateway, "Amazon API Gateway important notes": what the name of a stage may have. The
# environment and the suffix follow.
StageWord = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=16)]


class Api(Section):
    """The REST API of both regions (rows B7, C3, E5).

    ``authorization``: requests are signed with AWS credentials, or carry an identity token of the
    user pool. The rate is in requests per second, the burst in requests; both hold for the stage
    and for the key. A resource policy has 8,192 characters, hence the number of blocks. The same
    request is the same work for ``idempotency_hours``.

    ``domain`` is a name of ``hosted_zone_id`` that leads to whichever region is healthy;
    ``secondary_percent`` of its calls go to the secondary region while both are.
    """

    enabled: bool = True
    stage: StageWord = "v1"
    authorization: Literal["iam", "cognito"] = "iam"
    api_key: bool = False
    monthly_quota: Annotated[int, Field(ge=0, le=2_147_483_647)] = 1_000_000
    burst_limit: Annotated[int, Field(ge=1, le=1_000_000)] = 5000
    rate_limit: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    allowed_cidrs: list[Cidr] = Field(default_factory=list, max_length=100)
    idempotency_hours: Annotated[int, Field(ge=1, le=1000)] = 24
    cors_origins: Annotated[list[Origin], AfterValidator(_everybody_alone)] = Field(
        default_factory=list, max_length=20
    )
    log_level: Literal["OFF", "ERROR", "INFO"] = "ERROR"
    domain: Domain | None = None
    hosted_zone_id: Annotated[str, AfterValidator(_zone_id)] | None = None
    secondary_percent: Annotated[int, Field(ge=0, le=100)] = 0
    health_check_seconds: Literal[10, 30] = 30


class Identity(Section):
    """The users of the API, in each region (row B8).

    ``mfa``: whether users may or must prove themselves a second time, by an authenticator app.
    Passwords always need lower- and upper-case letters, digits and symbols.
    """

    enabled: bool = True
    mfa: Literal["OFF", "OPTIONAL", "ON"] = "OPTIONAL"
    password_minimum_length: Annotated[int, Field(ge=8, le=99)] = 14
    temporary_password_days: Annotated[int, Field(ge=1, le=365)] = 7
    token_minutes: Annotated[int, Field(ge=5, le=1440)] = 60
    refresh_token_days: Annotated[int, Field(ge=1, le=3650)] = 30
