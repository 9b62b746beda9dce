"""The API's one OpenAPI document, and the routes that it describes.

The document is plain: nothing in it is about API Gateway. It has every way to prove who calls; the
function serves it with what its deployment demands (`published`). What API Gateway imports is made
from it, too (`gateway_document`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Document = dict[str, Any]

DOCUMENT = Path(__file__).with_name("openapi.json")
VERBS = ("delete", "get", "head", "patch", "post", "put")
# What nobody has to prove anything for: Route 53 asks the one, people read the other.
OPEN = frozenset({"/health", "/openapi.json"})


@dataclass(frozen=True, order=True)
class Route:
    """One method of one path.

    Parameters
    ----------
    path
        As in the document, such as ``/process/{id}``.
    verb
        In capitals, such as ``GET``.
    """

    path: str
    verb: str

    @property
    def is_open(self) -> bool:
        """Whether anybody may call it."""
        return self.path in OPEN

    @property
    def resource(self) -> str:
        """The end of its ARN: API Gateway writes ``*`` for a path's parameters."""
        return self.verb + re.sub(r"\{[^}]*\}", "*", self.path)


def load_document() -> Document:
    """Return the document."""
    document: Document = json.loads(DOCUMENT.read_text("utf-8"))
    return document


def routes(document: Document) -> tuple[Route, ...]:
    """Return the routes of a document, sorted."""
    return tuple(
        sorted(
            Route(path, verb.upper())
            for path, item in document["paths"].items()
            for verb in VERBS
            if verb in item
        )
    )


def published(
    document: Document, *, authorization: Literal["iam", "cognito"], api_key: bool
) -> bytes:
    """Return the document as the clients of a deployment get it, in UTF-8.

    Parameters
    ----------
    document
        With all security schemes.
    authorization, api_key
        What the deployment demands.
    """
    names = ["signature" if authorization == "iam" else "token", *(["key"] if api_key else [])]
    components = document["components"]
    schemes = {name: components["securitySchemes"][name] for name in names}
    told = document | {
        "security": [{name: [] for name in names}],
        "components": components | {"securitySchemes": schemes},
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
