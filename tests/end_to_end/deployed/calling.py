"""A client of the deployed API: plain HTTP, signed as AWS's own clients sign."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from tests.end_to_end.deployed.conftest import Deployment

JSON, PROBLEM = "application/json", "application/problem+json"
IS_JSON = {"Content-Type": JSON}
_PATIENCE_SECONDS = 120
_HTTP = urllib3.PoolManager(maxsize=256, retries=False, timeout=_PATIENCE_SECONDS)


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def problem(self) -> dict[str, Any]:
        """The problem, which every error has to be (RFC 9457)."""
        assert self.headers["Content-Type"] == PROBLEM, (self.status, self.content)
        told: dict[str, Any] = self.json
        assert told["status"] == self.status
        assert told["instance"].startswith("urn:uuid:")
        return told


@dataclass(frozen=True)
class Api:
    """The API of a region.

    Parameters
    ----------
    deployed
        Where it is.
    region
        Which.
    secret
        Signs in place of the caller's own secret key.
    """

    deployed: Deployment
    region: str
    secret: str = ""

    @cached_property
    def id(self) -> str:
        apis = self.deployed.aws.client("apigateway", self.region).get_rest_apis()["items"]
        wanted = self.deployed.names.rest_api()
        (found,) = (each["id"] for each in apis if each["name"] == wanted)
        return str(found)

    @property
    def host(self) -> str:
        return f"{self.id}.execute-api.{self.region}.amazonaws.com"

    @property
    def stage(self) -> str:
        return self.deployed.names.stage()

    @property
    def address(self) -> str:
        """Where it answers on this machine, when requests name its host."""
        return f"{self.deployed.aws.endpoint}/{self.stage}"

    def signature(
        self, verb: str, target: str, body: bytes | None, headers: Mapping[str, str]
    ) -> dict[str, str]:
        """Return the header fields of a signed request; its target is a path with its query."""
        given = self.deployed.given
        secret = self.secret or given["AWS_SECRET_ACCESS_KEY"]
        credentials = Credentials(given["AWS_ACCESS_KEY_ID"], secret)
        request = AWSRequest(verb, f"https://{self.host}{target}", dict(headers), body)
        SigV4Auth(credentials, "execute-api", self.region).add_auth(request)
        return dict(request.headers.items())

    def call(
        self,
        verb: str,
        path: str,
        body: bytes | None = None,
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        signed: bool = True,
    ) -> Reply:
        """Send a request."""
        fields = dict(headers)
        target = f"/{self.stage}{path}"
        if signed:
            fields = self.signature(verb, target, body, fields)
        answer = _HTTP.request(
            verb,
            f"{self.deployed.aws.endpoint}{target}",
            headers={**fields, "Host": self.host},
            body=body,
        )
        return Reply(answer.status, answer.headers, answer.data)

    def get(self, path: str) -> Reply:
        return self.call("GET", path)

    def post(self, document: Any, key: str = "") -> Reply:
        """POST /process, perhaps with an Idempotency-Key."""
        headers = IS_JSON | ({"Idempotency-Key": key} if key else {})
        return self.call("POST", "/process", json.dumps(document).encode(), headers=headers)

    def end(self, request_id: str) -> dict[str, Any]:
        """Ask how it stands with a request until it has ended."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            reply = self.get(f"/process/{request_id}")
            # 404: what the other region knows takes its time to come here.
            assert reply.status in (200, 404), reply
            if reply.status == 200 and reply.json["status"] in ("COMPLETED", "FAILED"):
                told: dict[str, Any] = reply.json
                return told
            assert time.monotonic() < deadline, reply
            time.sleep(0.1)

    def handed_in(self, document: Any) -> dict[str, Any]:
        """Hand in records and wait until they are processed."""
        reply = self.post(document)
        assert reply.status == 202, reply
        told = self.end(reply.json["id"])
        assert told["status"] == "COMPLETED", told
        return told

    def record(self, record_id: str) -> list[dict[str, Any]]:
        """Return the items of a record id, newest first."""
        reply = self.get(f"/records/{quote(record_id, safe='')}")
        assert reply.status == 200, reply
        items: list[dict[str, Any]] = reply.json["items"]
        return items

    def pages(self, query: str) -> list[list[dict[str, Any]]]:
        """Follow the cursors of a listing to its end."""
        pages, cursor = [], ""
        while True:
            reply = self.get(f"/records?{query}{cursor}")
            assert reply.status == 200, reply
            pages.append(reply.json["items"])
            if "nextCursor" not in reply.json:
                return pages
            cursor = f"&cursor={reply.json['nextCursor']}"
