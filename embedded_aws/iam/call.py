"""One API call as it arrived: service, operation, caller and parameters.

It is read from the HTTP request with botocore's service models, so it looks the same for every
protocol, and before any of moto's response classes has seen it.
"""

from __future__ import annotations

import gzip
import io
import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.routing import NotFound, get_service_router
from moto.core.utils import get_service_model

if TYPE_CHECKING:
    from collections.abc import Callable

BOTO_NAMES = {
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "execute-api": "apigatewaymanagementapi",
    "elasticloadbalancing": "elbv2",
    "email": "ses",
    "tagging": "resourcegroupstaggingapi",
}
"""Signing names that are not botocore's name of the service."""

_SCOPE = re.compile(
    r"Credential=(?P<key>[^/,]+)/\d{8}/(?P<region>[a-z0-9-]+)/(?P<service>[A-Za-z0-9.-]+)/"
)


class ApiCall:
    """A request to an AWS API, parsed only as far as somebody asks.

    Parameters
    ----------
    request
        moto's (werkzeug's) request.
    module
        The module of moto's response class to which the request was routed, such as
        `moto.s3.responses`: it tells what an unsigned request is for.
    """

    def __init__(self, request: Any, module: str = "") -> None:
        self.request = request
        self.afterwards: Callable[[], None] | None = None  # done before the answer goes out
        self.headers = request.headers
        scope = _SCOPE.search(self._credential_text(request))
        self.access_key: str | None = scope["key"] if scope else None
        self.region = scope["region"] if scope else "us-east-1"
        self.signing_name = scope["service"].lower() if scope else ""
        if not scope and module.startswith("moto.s3."):
            self.signing_name = "s3"  # an anonymous reader
        self.target: str = self.headers.get("X-Amz-Target", "")
        self.service = BOTO_NAMES.get(self.signing_name, self.signing_name)
        if self.service == "dynamodb" and self.target.startswith("DynamoDBStreams"):
            self.service = "dynamodbstreams"

    @staticmethod
    def _credential_text(request: Any) -> str:
        header: str = request.headers.get("Authorization", "")
        if "Credential=" in header:
            return header
        presigned = request.args.get("X-Amz-Credential") if request.query_string else None
        return f"Credential={presigned}" if presigned else ""

    @cached_property
    def operation(self) -> str:
        """The operation's name in botocore's model, or empty when there is none."""
        if self.target:
            return self.target.rpartition(".")[2]
        if self.is_query:
            return str(self._form.get("Action", ""))
        matched = self._route
        return str(matched[0].name) if matched else ""

    @property
    def is_query(self) -> bool:
        """Whether the call came by the query (or EC2) protocol."""
        if self.service in {"s3", "lambda", "route53", "apigateway", "xray", "cloudfront"}:
            return False
        return "Action" in self._form

    @cached_property
    def body(self) -> bytes:
        """The body, decompressed."""
        if self.headers.get("Content-Encoding") == "gzip" and self.service != "s3":
            # moto unpacks it from the stream and must find there what the client sent.
            packed = self.request.stream.read()
            self.request.stream = io.BytesIO(packed)
            return gzip.decompress(packed) if packed else b""
        data: bytes = self.request.get_data(cache=True, parse_form_data=False)
        return data

    @cached_property
    def _form(self) -> dict[str, str]:
        values = dict(self.request.args.items())
        if self.request.mimetype == "application/x-www-form-urlencoded":
            form = parse_qs(self.body.decode(), keep_blank_values=True)
            values |= {name: found[0] for name, found in form.items()}
        return values

    @cached_property
    def _route(self) -> tuple[Any, dict[str, Any]] | None:
        try:
            return get_service_router(self.service).match(self.request)  # type: ignore[no-any-return]
        except (NotFound, NotImplementedError, ValueError, KeyError, LookupError):
            return None

    @property
    def uri(self) -> dict[str, Any]:
        """The labels of the path, such as Bucket and Key, decoded."""
        return self._route[1] if self._route else {}

    @property
    def query(self) -> Any:
        """The query string's parameters, decoded."""
        return self.request.args

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The operation's input by member name; blobs of JSON services stay base64 text.

        S3's bodies are objects or XML and are not read for it: see `parsed`.
        """
        if self.service == "s3":
            return dict(self.uri)
        if self.target:
            try:
                loaded = json.loads(self.body or b"{}")
            except ValueError:
                return {}
            return loaded if isinstance(loaded, dict) else {}
        return self.parsed

    @cached_property
    def parsed(self) -> dict[str, Any]:
        """The whole input by botocore's model; empty when the request does not fit it."""
        try:
            model = get_service_model(self.service)
            operation = model.operation_model(self.operation)
            protocol = determine_request_protocol(model, self.request.content_type)
            read = PROTOCOL_PARSERS[protocol](operation).parse(
                {
                    "method": self.request.method,
                    "values": self._form if self.is_query else self.request.args,
                    "headers": self.headers,
                    "body": self.body,
                    "url_path": self.request.path,
                    "url_params": self.uri,
                }
            )
        except Exception:  # noqa: BLE001 - whatever is wrong with it, moto says it to the client
            return {}
        return dict(read)

    @property
    def body_size(self) -> int:
        """Length of the body in bytes as announced by the client."""
        return int(self.request.content_length or 0)
