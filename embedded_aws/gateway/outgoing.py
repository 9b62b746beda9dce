"""An HTTP answer on its way out."""

from __future__ import annotations

import http
from dataclasses import dataclass

REMAPPED = frozenset(
    {
        *("authorization", "connection", "content-length", "content-md5", "date", "expect"),
        *("host", "max-forwards", "proxy-authenticate", "server", "te", "trailer", "upgrade"),
        *("user-agent", "via", "www-authenticate"),
    }
)
"""Headers of an integration that API Gateway keeps for itself: its own is sent, and theirs as
`x-amzn-Remapped-*`. Source: "Amazon API Gateway important notes"."""
DROPPED = frozenset({"transfer-encoding"})


@dataclass
class Outgoing:
    """Status, headers in their order, and body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the first value of a header."""
        return next((value for each, value in self.headers if each.lower() == name.lower()), None)

    @property
    def status_line(self) -> str:
        """Status and reason, as WSGI takes them."""
        try:
            return f"{self.status} {http.HTTPStatus(self.status).phrase}"
        except ValueError:
            return f"{self.status} Unknown"


def remapped(name: str) -> str | None:
    """Return the name under which a header of an integration is sent; None when it is not."""
    lowered = name.lower()
    if lowered in DROPPED:
        return None
    return f"x-amzn-Remapped-{name}" if lowered in REMAPPED else name
