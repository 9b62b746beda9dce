"""The embedded AWS as an object: start it, get clients for it, close it."""

from __future__ import annotations

import importlib
import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import moto.backends  # noqa: F401 - moto's own import order
from botocore.config import Config
from moto.core.base_backend import BackendDict

from embedded_aws import accounts, credentials
from embedded_aws.connections import Server
from embedded_aws.front import Front
from embedded_aws.state import ADMIN_ACCESS_KEY, ADMIN_SECRET_KEY, RUN, EmbeddedAwsError

if TYPE_CHECKING:
    from types import TracebackType

HOOKS = ("faults", "metrics", "functions", "services", "alarms", "gateway", "iam", "limits")


class EmbeddedAws:
    """A running embedded AWS. Use it as a context manager or call `close`."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="aws", daemon=True
        )
        self._thread.start()
        self.endpoint = RUN.endpoint
        self.account = RUN.account
        self.state = RUN
        # One session for all clients: each session parses AWS's endpoints and models for itself.
        self._session = boto3.session.Session()
        self._clients: dict[tuple[str, str], Any] = {}
        self._making = threading.Lock()

    def client(self, service: str, region: str = "us-east-1", **options: Any) -> Any:
        """Return a boto3 client with the administrator's credentials.

        `options` go to boto3 as they are, for example `aws_access_key_id` of somebody else.
        """
        settings: dict[str, Any] = {
            "region_name": region,
            "endpoint_url": self.endpoint,
            "aws_access_key_id": ADMIN_ACCESS_KEY,
            "aws_secret_access_key": ADMIN_SECRET_KEY,
            "config": Config(
                retries={"mode": "standard", "total_max_attempts": 3},
                s3={"addressing_style": "path"},
            ),
        }
        with self._making:  # boto3's sessions are not thread-safe, its clients are
            if options:
                return self._session.client(service, **{**settings, **options})
            if (service, region) not in self._clients:
                self._clients[service, region] = self._session.client(service, **settings)
            return self._clients[service, region]

    def close(self) -> None:
        """Stop serving, end every function's sandbox and forget all resources."""
        if RUN.closing.is_set():
            return
        RUN.closing.set()
        for hook in reversed(_hooks()):
            if hasattr(hook, "close"):
                hook.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        credentials.forget()
        BackendDict.reset()

    def __enter__(self) -> EmbeddedAws:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _hooks() -> list[Any]:
    return [importlib.import_module(f"embedded_aws.{name}") for name in HOOKS]


def start(
    account: str, port: int = 0, *, cache: Path | None = None, time_scale: float = 0.01
) -> EmbeddedAws:
    """Start the embedded AWS on loopback.

    Parameters
    ----------
    account
        AWS account id, 12 digits, that every credential belongs to.
    port
        TCP port on 127.0.0.1; 0 takes a free one.
    cache
        Folder for unpacked functions and wheels; default `build/embedded-aws`.
    time_scale
        Factor on AWS's own waiting times (asynchronous retries wait 1 and 2 minutes there).

    Raises
    ------
    EmbeddedAwsError
        The account id is wrong, the port is taken, or an embedded AWS runs in this process.
    """
    accounts.check(account)
    if RUN.endpoint and not RUN.closing.is_set():
        raise EmbeddedAwsError("this process runs an embedded AWS already: close it first")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    RUN.reset(account)
    try:
        server = Server(port, Front())
    except (OSError, SystemExit) as taken:
        raise EmbeddedAwsError(
            f"port {port} on 127.0.0.1 is not free: stop what uses it or give another --port"
        ) from taken
    RUN.port = server.server_port
    RUN.endpoint = f"http://127.0.0.1:{server.server_port}"
    RUN.cache = (cache or Path("build/embedded-aws")).resolve()
    RUN.time_scale = time_scale
    accounts.install()
    for hook in _hooks():
        hook.install()
    return EmbeddedAws(server)
