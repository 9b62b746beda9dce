"""botocore clients, and what an error of AWS means for the work at hand.

botocore is used without boto3: loading boto3 doubles a cold start, and nothing here needs its
resources. Region, credentials and endpoint come from the runtime's environment, as botocore reads
it (``AWS_REGION``, ``AWS_ENDPOINT_URL``).
"""

from functools import lru_cache
from typing import Any

import botocore.session
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

_THROTTLES = frozenset(
    {
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_CONNECTION_FAILURES = (
    ChecksumError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
    OSError,
)

AwsError = (BotoCoreError, ClientError)
"""What a call of AWS raises."""


def create_client(
    service: str, *, region: str, connections: int = 10, validate: bool = True
) -> Any:
    """Create a botocore client.

    Parameters
    ----------
    service : str
        botocore's name of the service, such as ``dynamodb``.
    region : str
        The function's region.
    connections : int
        Size of the connection pool: at least the number of threads that use the client.
    validate : bool
        Whether botocore checks parameters against its model before a call. Off where requests are
        built by the thousand in one known form: it is half of their cost.
    """
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 3},
        connect_timeout=5,
        read_timeout=30,
        max_pool_connections=connections,
        parameter_validation=validate,
        tcp_keepalive=True,
    )
    return _session().create_client(service, region_name=region, config=config)


@lru_cache(maxsize=1)
def _session() -> Any:
    """Return the one session of this process: its clients share loaded service models."""
    return botocore.session.get_session()


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
        return error_code(error) in _THROTTLES or http_status(error) >= 500
    return isinstance(error, _CONNECTION_FAILURES)
