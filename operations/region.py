"""One region of an environment, as an operator's command reaches it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from operations.bootstrap import check_account
from operations.errors import OperationError
from pipeline.config import Environment
from pipeline.naming import Names, Queue

# A region that is lost must not hold up what is done in the other one.
_CONFIG = Config(
    connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 3}
)


class RegionError(OperationError):
    """What goes wrong in one region, and does not concern the other one."""


@dataclass(frozen=True)
class Region:
    """Clients and names of one region.

    Parameters
    ----------
    name
        Such as ``us-east-1``.
    environment
        The configuration.
    session
        Where credentials come from.
    endpoint
        The URL of what stands in for AWS; None: as the session knows it.
    """

    name: str
    environment: Environment
    session: boto3.Session
    endpoint: str | None = None
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def names(self) -> Names:
        """Return the naming rule."""
        return Names(self.environment)

    def client(self, service: str) -> Any:
        """Return the client of a service, made once."""
        if service not in self._clients:
            self._clients[service] = self.session.client(
                service, region_name=self.name, endpoint_url=self.endpoint, config=_CONFIG
            )
        return self._clients[service]

    def check_account(self) -> None:
        """Raise `OperationError` when the credentials are those of another account."""
        check_account(self.client("sts"), self.environment)

    def queue_url(self, queue: Queue) -> str:
        """Return the URL of a queue.

        Raises
        ------
        RegionError
            There is none.
        """
        name = self.names.queue(queue)
        try:
            url: str = self.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        except ClientError as error:
            if "NonExistentQueue" not in str(error) and "QueueDoesNotExist" not in str(error):
                raise
            environment = self.environment.environment
            raise RegionError(
                f"the environment {environment} is not deployed: there is no queue {name}."
                f" `make deploy ENV={environment}` makes it."
            ) from error
        return url
