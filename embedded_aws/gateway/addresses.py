"""The addresses of deployed APIs.

Three lead to a stage: `/_aws/execute-api/<api>/<stage>/<path>` on the endpoint, `/<stage>/<path>`
with the header `Host: <api>.execute-api.<region>.amazonaws.com`, and `/<path>` with a custom domain
name as host.
"""

from __future__ import annotations

import re
from typing import Any

PREFIX = "/_aws/execute-api/"
HOST = re.compile(r"([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?::\d+)?", re.I)

CUSTOM_DOMAINS: set[str] = set()
"""The custom domain names that there are, in any region."""


def custom_domain(environ: dict[str, Any]) -> str | None:
    """Return the custom domain name that a request (WSGI) is for, if it is for one."""
    host = str(environ.get("HTTP_HOST", "")).partition(":")[0].lower()
    return host if host in CUSTOM_DOMAINS else None


def is_for_an_api(environ: dict[str, Any]) -> bool:
    """Say whether a request (WSGI) is for a deployed API."""
    path = environ.get("PATH_INFO", "")
    if path.startswith(PREFIX) or custom_domain(environ) is not None:
        return True
    return HOST.fullmatch(environ.get("HTTP_HOST", "")) is not None
