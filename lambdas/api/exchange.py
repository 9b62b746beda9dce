"""A request as API Gateway hands it to the function, and the answer that it takes.

A REST API leaves paths and their parameters percent-encoded and decodes the query, which its guide
does not say and every function meets (serverless/serverless #5037).

Source: API Gateway Developer Guide, "Lambda proxy integrations in API Gateway", format 1.0.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from api.problems import Problem, wrong_body, wrong_parameter

JSON = "application/json"
PROBLEM = "application/problem+json"

_MEDIA_TYPE = re.compile(r'application/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?;?', re.IGNORECASE)
_ENCODE = msgspec.json.Encoder().encode


class Request(Struct, frozen=True):
    """A request.

    Parameters
    ----------
    method, resource : str
        By which it is routed, such as "GET" and "/process/{id}".
    path : str
        As the client wrote it, with the stage where there is one; percent-encoded.
    parameters : mapping of str to str
        Decoded parameters of the path.
    query : mapping of str to list of str
        Decoded query parameters.
    headers : mapping of str to str
        Names in lower case.
    content : str or None
        The body, as the event has it.
    is_base64 : bool
        Whether the event's body is encoded.
    id : str
        API Gateway's id of the request.
    """

    method: str
    resource: str
    path: str
    parameters: Mapping[str, str]
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    content: str | None
    is_base64: bool
    id: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Request":
        """Read an event."""
        about = event.get("requestContext") or {}
        headers = event.get("headers") or {}
        return cls(
            method=str(event.get("httpMethod") or ""),
            resource=str(event.get("resource") or ""),
            path=str(about.get("path") or event.get("path") or ""),
            parameters=_decoded(event.get("pathParameters") or {}),
            query=event.get("multiValueQueryStringParameters") or {},
            headers={name.lower(): value for name, value in headers.items()},
            content=event.get("body"),
            is_base64=bool(event.get("isBase64Encoded")),
            id=str(about.get("requestId") or ""),
        )

    def body(self) -> bytes:
        """Return the body.

        Raises
        ------
        Problem
            400: it is not what it says it is.
        """
        if self.content is None:
            return b""
        try:
            if self.is_base64:
                return base64.b64decode(self.content, validate=True)
            return self.content.encode()
        except (binascii.Error, UnicodeEncodeError) as error:
            raise wrong_body(("", f"cannot be read: {error}")) from None

    def check_json(self) -> None:
        """Refuse a body that says to be anything but JSON.

        Raises
        ------
        Problem
            415.
        """
        given = self.headers.get("content-type")
        if given is not None and not _MEDIA_TYPE.fullmatch(given.strip()):
            raise Problem(415, "The Content-Type must be application/json, in UTF-8.")

    def one(self, name: str) -> str | None:
        """Return a query parameter, None without it.

        Raises
        ------
        Problem
            400: it is there more than once.
        """
        values = self.query.get(name)
        if not values:
            return None
        if len(values) > 1:
            raise wrong_parameter(name, "is there more than once")
        return values[0]

    def check_query(self, *known: str) -> None:
        """Refuse query parameters that mean nothing here: a misspelt one would be no filter.

        Raises
        ------
        Problem
            400: naming it, and those that are known.
        """
        for name in self.query:
            if name not in known:
                raise wrong_parameter(name, f"is not one of: {', '.join(known)}")


class Answer(Struct):
    """An answer.

    Parameters
    ----------
    status : int
        HTTP status.
    body : bytes
        In UTF-8.
    content_type : str
        Media type of the body.
    headers : dict
        Further header fields.
    """

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = {}

    @classmethod
    def of(cls, status: int, content: Any, **headers: str) -> "Answer":
        """Return an answer with a JSON body."""
        return cls(status, _ENCODE(content), headers=headers)

    @classmethod
    def of_problem(cls, problem: Problem, request_id: str) -> "Answer":
        """Return the answer to a request that has a problem."""
        body = _ENCODE(problem.document(request_id))
        return cls(problem.status, body, PROBLEM, dict(problem.headers))

    def to_event(self, headers: Mapping[str, str]) -> dict[str, Any]:
        """Return what API Gateway takes.

        Parameters
        ----------
        headers : mapping
            Header fields that every answer has.
        """
        content_type = {"Content-Type": self.content_type} if self.body else {}
        return {
            "statusCode": self.status,
            "headers": {**headers, **content_type, **self.headers},
            "body": self.body.decode(),
            "isBase64Encoded": False,
        }


def _decoded(parameters: Mapping[str, str]) -> dict[str, str]:
    # In a path a + is itself (RFC 3986); what is not UTF-8 becomes a text that nothing is named by.
    return {name: unquote(value, errors="replace") for name, value in parameters.items()}
