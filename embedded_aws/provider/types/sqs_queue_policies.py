"""``aws_sqs_queue_policy``, ``..._redrive_policy`` and ``..._redrive_allow_policy``.

Each owns one attribute of a queue that is declared elsewhere; its id is the queue's URL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types import sqs_attributes as attributes
from embedded_aws.provider.types.sqs_queue import ABSENT

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


class _QueueAttribute(ResourceType):
    """One document of a queue."""

    attribute: ClassVar[str]
    replace = frozenset({"queue_url"})
    absent = ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Set the document."""
        self._write(aws, planned["queue_url"], planned[self.attribute])
        return {"id": planned["queue_url"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the document; without one the resource is gone."""
        document = attributes.as_state(attributes.read(aws, state["id"]))[self.attribute]
        return {"queue_url": state["id"], self.attribute: document} if document else None

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Set the new document."""
        self._write(aws, prior["id"], planned[self.attribute])

    def delete(self, aws: AwsSession, state: State) -> None:
        """Take the document away; the queue stays."""
        self._write(aws, state["id"], "")

    def _write(self, aws: AwsSession, url: str, document: str) -> None:
        attributes.write(aws, url, {attributes.TEXTS[self.attribute]: document})


@resource
class SqsQueuePolicy(_QueueAttribute):
    """Who may do what with a queue."""

    type_name = "aws_sqs_queue_policy"
    attribute = "policy"
    policies = frozenset({"policy"})


@resource
class SqsQueueRedrivePolicy(_QueueAttribute):
    """Where a queue's messages go after too many receives."""

    type_name = "aws_sqs_queue_redrive_policy"
    attribute = "redrive_policy"
    json_attributes = frozenset({"redrive_policy"})


@resource
class SqsQueueRedriveAllowPolicy(_QueueAttribute):
    """Which queues may use this one as their dead-letter queue."""

    type_name = "aws_sqs_queue_redrive_allow_policy"
    attribute = "redrive_allow_policy"
    json_attributes = frozenset({"redrive_allow_policy"})
