"""``aws_sqs_queue``."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from embedded_aws.provider.attributes import changed, given, tag_changes
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types import sqs_attributes as attributes

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

ABSENT = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})


@resource
class SqsQueue(ResourceType):
    """A queue; its id is its URL."""

    type_name = "aws_sqs_queue"
    replace = frozenset({"name", "name_prefix", "fifo_queue"})
    defaults: ClassVar = {
        "content_based_deduplication": False,
        "delay_seconds": 0,
        "fifo_queue": False,
        "max_message_size": 262_144,
        "message_retention_seconds": 345_600,
        "receive_wait_time_seconds": 0,
        "visibility_timeout_seconds": 30,
    }
    json_attributes = frozenset({"redrive_policy", "redrive_allow_policy"})
    policies = frozenset({"policy"})
    conflicts = (
        frozenset({"name", "name_prefix"}),
        frozenset({"kms_master_key_id", "sqs_managed_sse_enabled"}),
    )
    absent = ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the queue."""
        suffix = ".fifo" if planned["fifo_queue"] else ""
        name = planned["name"] or aws.unique_name(planned["name_prefix"]) + suffix
        settings = {
            argument: attributes.wire(attribute, planned[attribute])
            for attribute, argument in attributes.ALL.items()
            if planned[attribute] not in (None, "")
        }
        if planned["fifo_queue"]:
            settings["FifoQueue"] = "true"
        else:
            settings.pop("ContentBasedDeduplication", None)
        created = aws.client("sqs").create_queue(
            QueueName=name, **given(Attributes=settings, tags=planned["tags_all"])
        )
        return {
            "id": created["QueueUrl"],
            "url": created["QueueUrl"],
            "name": name,
            "name_prefix": planned["name_prefix"] or "",
        }

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read all attributes of the queue."""
        url = state["id"]
        found = attributes.read(aws, url)
        answer = aws.client("sqs").list_queue_tags(QueueUrl=url)
        return {
            "kms_data_key_reuse_period_seconds": 300,
            **attributes.as_state(found),
            "arn": found["QueueArn"],
            "fifo_queue": found.get("FifoQueue") == "true",
            "name": url.rsplit("/", 1)[-1],
            "name_prefix": state.get("name_prefix") or "",
            "tags_all": answer.get("Tags") or {},
            "url": url,
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Set the attributes that differ."""
        settings = {
            argument: attributes.wire(attribute, planned[attribute])
            for attribute, argument in attributes.ALL.items()
            if changed(prior, planned, attribute)
        }
        if settings:
            attributes.write(aws, prior["id"], settings)
        if changed(prior, planned, "tags_all"):
            removed, added = tag_changes(prior, planned)
            client = aws.client("sqs")
            if removed:
                client.untag_queue(QueueUrl=prior["id"], TagKeys=removed)
            if added:
                client.tag_queue(QueueUrl=prior["id"], Tags=added)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the queue with its messages."""
        aws.client("sqs").delete_queue(QueueUrl=state["id"])
