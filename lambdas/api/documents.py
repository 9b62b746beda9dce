"""``GET /openapi.json``: the document that the API was made from."""

import os
from functools import lru_cache
from pathlib import Path

import msgspec

from api.exchange import Answer, Request

_NAME = "openapi.json"


def get_openapi(request: Request) -> Answer:
    """Return the document, with the server at which it was asked for."""
    base = request.path.removesuffix("/").removesuffix(f"/{_NAME}")
    answer = Answer(200, _document(base))
    answer.headers = {"Cache-Control": "public, max-age=300"}
    return answer


@lru_cache(maxsize=4)
def _document(base: str) -> bytes:
    """Return the document for a base path.

    The file is ``$OPENAPI_FILE`` or else ``$LAMBDA_TASK_ROOT/openapi.json``.
    """
    file = os.environ.get("OPENAPI_FILE")
    path = Path(file) if file else Path(os.environ.get("LAMBDA_TASK_ROOT", ".")) / _NAME
    members = msgspec.json.decode(path.read_bytes(), type=dict[str, msgspec.Raw])
    servers = msgspec.Raw(msgspec.json.encode([{"url": base or "/"}]))
    return msgspec.json.encode({**members, "servers": servers})
