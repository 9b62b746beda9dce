"""The addresses of deployed APIs.

Two lead to a stage: `/_aws/execute-api/<api>/<stage>/<path>` on the endpoint, and `/<stage>/<path>`
with the header `Host: <api>.execute-api.<region>.amazonaws.com`.
"""

from __future__ import annotations

import re
from typing import Any

PREFIX = "/_aws/execute-api/"
HOST = re.compile(r"([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?::\d+)?", re.I)


def is_for_an_api(environ: dict[str, Any]) -> bool:
    """Say whether a request (WSGI) is for a deployed API."""
    path = environ.get("PATH_INFO", "")
    return path.startswith(PREFIX) or HOST.fullmatch(environ.get("HTTP_HOST", "")) is not None
