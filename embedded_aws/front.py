"""The first WSGI application that a request meets: the admin API, deployed APIs, then moto."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    create_backend_app,
)

from embedded_aws import admin, gateway, services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def _backend_app(service: str) -> Any:
    """Make moto's application of a service, at its first call."""
    services.install_for(service)
    return create_backend_app(service)


class Front:
    """The WSGI application of the embedded AWS."""

    def __init__(self) -> None:
        self.moto = DomainDispatcherApplication(_backend_app)
        # moto lists its own folder, and tries a hundred patterns, for each request.
        self.moto.get_backend_for_host = lru_cache(1024)(self.moto.get_backend_for_host)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request."""
        if environ.get("PATH_INFO", "").startswith(admin.PREFIX):
            return admin.answer(environ, start_response)
        if gateway.is_for_an_api(environ):
            return gateway.answer(environ, start_response)
        return self.moto(environ, start_response)  # type: ignore[no-any-return]
