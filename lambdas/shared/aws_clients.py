"""botocore clients, what an error of AWS means for the work at hand, and clients behind circuits.

botocore is used without boto3: loading boto3 doubles a cold start, and nothing here needs its
resources. Region, credentials and endpoint come from the runtime's environment, as botocore reads
it (``AWS_REGION``, ``AWS_ENDPOINT_URL``).
"""

from collections.abc import Callable
from threading import Lock
from typing import Any

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ChecksumError,
    ClientError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)
from botocore.exceptions import ConnectionError as NotConnectedError
from msgspec import Struct

from shared.aws_session import aws_session
from shared.circuit_breaker import Circuit

_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_TRY_AGAIN = _THROTTLED | {
    "PriorRequestNotComplete",
    "RequestTimeout",
    "RequestTimeoutException",
    "TransactionInProgressException",
}
_CONNECTION_FAILURES = (
    ChecksumError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    NotConnectedError,
    ResponseStreamingError,
    OSError,
)

_REGIONAL = {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
_CREATING = Lock()

AwsError = (BotoCoreError, ClientError)
"""What a call of AWS raises."""


class Patience(Struct, frozen=True):
    """How long a call may take, with botocore's own attempts.

    The defaults of botocore, 60 s twice and up to five attempts, are longer than an invocation
    lives. DynamoDB and SQS answer within milliseconds ("Tuning AWS Java SDK HTTP request settings
    for latency-aware Amazon DynamoDB applications", AWS Database Blog): what takes seconds is
    better tried again.

    Parameters
    ----------
    connect_seconds, read_seconds : float
        To connect; between two packets of the answer.
    attempts : int
        With exponential backoff and full jitter between them, 1, 2, 4 ... up to 20 s at most
        ("Retries", Boto3 guide: standard mode).
    """

    connect_seconds: float
    read_seconds: float
    attempts: int

    @property
    def longest_call(self) -> float:
        """Seconds after which a call has failed at the latest."""
        pauses = sum(min(2.0**attempt, 20.0) for attempt in range(self.attempts - 1))
        return self.attempts * (self.connect_seconds + self.read_seconds) + pauses


ITEMS = Patience(connect_seconds=1, read_seconds=2, attempts=3)
"""Calls for one item of a table."""

BATCHES = Patience(connect_seconds=1, read_seconds=4, attempts=2)
"""Batches of items: whoever writes them tries again, for as long as the invocation can afford."""

OBJECTS = Patience(connect_seconds=2, read_seconds=10, attempts=2)
"""Objects and their parts: a read that breaks is resumed, a part of 8 MiB takes a while."""

MESSAGES = Patience(connect_seconds=1, read_seconds=2, attempts=2)
"""Calls with which an invocation ends: when they fail, a message comes back later, no more."""


def create_client(
    service: str,
    *,
    region: str,
    patience: Patience = OBJECTS,
    connections: int = 10,
    validate: bool = True,
    signs_urls: bool = False,
) -> Any:
    """Create a botocore client.

    Parameters
    ----------
    service : str
        botocore's name of the service, such as ``dynamodb``.
    region : str
        The function's region.
    patience : Patience
        How long its calls may take.
    connections : int
        Size of the connection pool: at least the number of threads that use the client.
    validate : bool
        Whether botocore checks parameters against its model before a call. Off where requests are
        built by the thousand in one known form: it is half of their cost.
    signs_urls : bool
        Whether it signs URLs of S3 for others. By default botocore signs them by version 2, which
        S3 does not take where a key of KMS encrypts, and for the global endpoint, which redirects
        to the bucket's region: a PUT without its signature (botocore.utils,
        ``_should_use_global_endpoint``).
    """
    session = aws_session()
    config = Config(
        # What botocore says of itself, made once: it would join it from 14 parts for every request.
        user_agent=session.user_agent(),
        retries={"mode": "standard", "total_max_attempts": patience.attempts},
        connect_timeout=patience.connect_seconds,
        read_timeout=patience.read_seconds,
        max_pool_connections=connections,
        parameter_validation=validate,
        signature_version="s3v4" if signs_urls else None,
        s3=_REGIONAL if signs_urls else None,
        tcp_keepalive=True,
    )
    client = session.create_client(service, region_name=region, config=config)
    # It is the same for every request: botocore need not look again at what has been added to it.
    client.meta.events.unregister(
        f"request-created.{client.meta.service_model.service_id.hyphenize()}",
        client._user_agent_creator.rebuild_and_replace_user_agent_handler,
    )
    return client


class ClientOnDemand:
    """A botocore client that is created when it is first used, by whichever thread.

    For services that few invocations need: the others start earlier without it.

    Parameters
    ----------
    create : callable
        Creates it.
    """

    def __init__(self, create: Callable[[], Any]) -> None:
        self._create = create
        self._made: Any = None

    def __getattr__(self, name: str) -> Any:
        """Return what the client has of that name."""
        if self._made is None:
            # Clients may be shared by threads, a session may not (Boto3 guide, "Multithreading").
            with _CREATING:
                if self._made is None:
                    self._made = self._create()
        return getattr(self._made, name)


def error_code(error: BaseException) -> str:
    """Return AWS's code of an error ("" when it has none)."""
    return str(error.response["Error"].get("Code", "")) if isinstance(error, ClientError) else ""


def http_status(error: BaseException) -> int:
    """Return the HTTP status of an error's response (0 when there was none)."""
    if not isinstance(error, ClientError):
        return 0
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed a moment later.

    Throttling, server errors, time-outs and broken connections are. A refusal (AccessDenied) is
    not, but it is no fault of the object either: it goes back to the queue like every other
    failure of operations.
    """
    if isinstance(error, ClientError):
        return error_code(error) in _TRY_AGAIN or http_status(error) >= 500
    return isinstance(error, _CONNECTION_FAILURES)


def is_throttled(error: BaseException) -> bool:
    """Whether AWS has answered that it is asked too often: it is there, and can do less."""
    return error_code(error) in _THROTTLED or http_status(error) == 429


class GuardedClient:
    """A botocore client whose calls go through a circuit.

    Parameters
    ----------
    client : botocore client
        Of the dependency.
    circuit : Circuit
        The dependency's. Transient errors are its failures; every other answer of AWS shows that
        the dependency is there.
    """

    def __init__(self, client: Any, circuit: Circuit) -> None:
        self._client = client
        self._circuit = circuit

    def __getattr__(self, name: str) -> Any:
        """Return an operation of the client, guarded; anything else as it is."""
        found = getattr(self._client, name)
        if name not in self._client.meta.method_to_api_mapping:
            return found
        guarded = self._guard(found)
        self.__dict__[name] = guarded  # found without asking here again
        return guarded

    def _guard(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            return self._circuit.call(lambda: operation(**parameters), _is_failure)

        return call


def _is_failure(error: Exception) -> bool | None:
    if is_transient(error):
        return True
    return False if isinstance(error, ClientError) else None
