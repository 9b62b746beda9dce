"""boto3 clients of one endpoint, made once per service and region.

Making a client takes boto3 longer than most calls take: it reads the service's whole model.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

import boto3
from botocore.config import Config

# A region that is down must be an error in seconds: one connection error is not tried for long.
# Throttling is retried by botocore's standard mode within the same number of attempts.
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 3},
    s3={"addressing_style": "path"},
    max_pool_connections=32,
)


class Clients:
    """A thread-safe store of boto3 clients.

    Parameters
    ----------
    endpoint
        URL of the AWS endpoint, or ``None`` for the endpoints of AWS itself.
    access_key, secret_key, token
        Credentials of the provider.
    """

    def __init__(
        self,
        endpoint: str | None,
        access_key: str,
        secret_key: str,
        token: str | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._session = boto3.session.Session(
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            aws_session_token=token,
        )
        self._clients: dict[tuple[str, str], Any] = {}
        # boto3 sessions are not thread safe while they make a client.
        self._lock = threading.Lock()

    def client(self, service: str, region: str) -> Any:
        """Return the client of a service in a region."""
        key = (service, region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._session.client(
                    service, region_name=region, endpoint_url=self._endpoint, config=_CONFIG
                )
            return self._clients[key]


# Every command of Terraform configures every provider block anew, mostly with the same credentials.
@functools.lru_cache(maxsize=16)
def clients_of(
    endpoint: str | None, access_key: str, secret_key: str, token: str | None = None
) -> Clients:
    """Return the clients of an endpoint with some credentials, shared by all who ask for them."""
    return Clients(endpoint, access_key, secret_key, token)
