"""Credentials of a role, as AWS's own services use them on a customer's behalf.

They are assumed in moto's STS without a call over HTTP: AWS's services do that inside AWS, too.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from moto.sts.models import sts_backends

from embedded_aws.state import ADMIN_ACCESS_KEY, ADMIN_SECRET_KEY, RUN

DURATION = 6 * 3600  # seconds; Lambda's own credentials live for hours and are refreshed
REFRESH_BEFORE = 1800
LONGEST_CALL = 960  # seconds; a function runs for 900


@dataclass(frozen=True)
class Credentials:
    """Temporary credentials of one role."""

    access_key: str
    secret_key: str
    token: str
    expires: float


_lock = threading.Lock()
_sessions: dict[tuple[str, str, str], Credentials] = {}
_clients: dict[tuple[str, str, str], Any] = {}
# Used under the lock only. One for all: each session parses AWS's endpoints and models for itself.
_session = boto3.session.Session()
_function_keys: set[str] = set()


def forget() -> None:
    """Drop what was assumed; used when a run ends."""
    with _lock:
        _sessions.clear()
        _clients.clear()
        _function_keys.clear()


def is_function(access_key: str) -> bool:
    """Say whether an access key was given to a function's sandbox."""
    return access_key in _function_keys


def assume(role_arn: str, session: str, *, by_function: bool = False) -> Credentials:
    """Return valid credentials of the role under the session name, assumed anew when they age.

    With `by_function` they are for a function's code; `is_function` knows them.
    """
    key = (RUN.account, role_arn, f"{session}|code" if by_function else session)
    with _lock:
        held = _sessions.get(key)
        if held is None or held.expires - time.time() < REFRESH_BEFORE:
            role = sts_backends[RUN.account]["aws"].assume_role(
                "us-east-1", session[:64], role_arn, None, DURATION, None
            )
            held = Credentials(
                role.access_key_id,
                role.secret_access_key,
                role.session_token,
                time.time() + DURATION,
            )
            _sessions[key] = held
            if by_function:
                _function_keys.add(held.access_key)
        return held


def client(service: str, region: str, role_arn: str = "", session: str = "embedded-aws") -> Any:
    """Return a boto3 client of the embedded AWS: as the role, or as the administrator without one.

    It makes one attempt per call and leaves retries to whoever uses it.
    """
    if role_arn:
        held = assume(role_arn, session)
        keys = (held.access_key, held.secret_key, held.token)
    else:
        keys = (ADMIN_ACCESS_KEY, ADMIN_SECRET_KEY, "")
    key = (service, region, keys[0])
    with _lock:
        if key not in _clients:
            _clients[key] = _session.client(
                service,
                region_name=region,
                endpoint_url=RUN.endpoint,
                aws_access_key_id=keys[0],
                aws_secret_access_key=keys[1],
                aws_session_token=keys[2] or None,
                config=Config(
                    retries={"total_max_attempts": 1},
                    max_pool_connections=32,
                    read_timeout=LONGEST_CALL if service == "lambda" else 60,
                    inject_host_prefix=False,
                    s3={"addressing_style": "path"},
                ),
            )
        return _clients[key]
