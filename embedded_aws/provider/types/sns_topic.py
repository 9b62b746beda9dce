"""``aws_sns_topic`` and ``aws_sns_topic_policy``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import changed, compact_json, given, tag_list
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.tagging import retag, tag_map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedded_aws.provider.session import AwsSession

_PROTOCOLS = {
    "application": "Application",
    "firehose": "Firehose",
    "http": "HTTP",
    "lambda": "Lambda",
    "sqs": "SQS",
}
_TEXTS: Mapping[str, str] = {
    "archive_policy": "ArchivePolicy",
    "delivery_policy": "DeliveryPolicy",
    "display_name": "DisplayName",
    "fifo_throughput_scope": "FifoThroughputScope",
    "kms_master_key_id": "KmsMasterKeyId",
    "policy": "Policy",
    "tracing_config": "TracingConfig",
    **{
        f"{protocol}_{outcome.lower()}_feedback_role_arn": f"{prefix}{outcome}FeedbackRoleArn"
        for protocol, prefix in _PROTOCOLS.items()
        for outcome in ("Success", "Failure")
    },
}
_NUMBERS: Mapping[str, str] = {
    "signature_version": "SignatureVersion",
    **{
        f"{protocol}_success_feedback_sample_rate": f"{prefix}SuccessFeedbackSampleRate"
        for protocol, prefix in _PROTOCOLS.items()
    },
}
_FLAGS: Mapping[str, str] = {"content_based_deduplication": "ContentBasedDeduplication"}
_ALL: Mapping[str, str] = {**_TEXTS, **_NUMBERS, **_FLAGS}


def _wire(name: str, value: Any) -> str:
    if name in _FLAGS:
        return "true" if value else "false"
    if name in _NUMBERS:
        return str(int(value or 0))
    return value or ""


def _default_policy(arn: str, owner: str) -> str:
    """Return the policy that SNS gives every topic: its owner may do everything."""
    actions = (
        "GetTopicAttributes SetTopicAttributes AddPermission RemovePermission DeleteTopic"
        " Subscribe ListSubscriptionsByTopic Publish"
    )
    return compact_json(
        {
            "Version": "2008-10-17",
            "Id": "__default_policy_ID",
            "Statement": [
                {
                    "Sid": "__default_statement_ID",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": [f"SNS:{action}" for action in actions.split()],
                    "Resource": arn,
                    "Condition": {"StringEquals": {"AWS:SourceOwner": owner}},
                }
            ],
        }
    )


@resource
class SnsTopic(ResourceType):
    """A topic; its id is its ARN."""

    type_name = "aws_sns_topic"
    replace = frozenset({"name", "name_prefix", "fifo_topic"})
    defaults: ClassVar = {"content_based_deduplication": False, "fifo_topic": False}
    json_attributes = frozenset({"archive_policy", "delivery_policy"})
    policies = frozenset({"policy"})
    conflicts = (frozenset({"name", "name_prefix"}),)
    absent = frozenset({"NotFound", "NotFoundException"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the topic."""
        suffix = ".fifo" if planned["fifo_topic"] else ""
        name = planned["name"] or aws.unique_name(planned["name_prefix"]) + suffix
        attributes = {
            argument: _wire(attribute, planned[attribute])
            for attribute, argument in _ALL.items()
            if planned[attribute]
        }
        if planned["fifo_topic"]:
            attributes["FifoTopic"] = "true"
        arn = aws.client("sns").create_topic(
            Name=name, **given(Attributes=attributes, Tags=tag_list(planned))
        )["TopicArn"]
        return {"id": arn, "arn": arn, "name": name, "name_prefix": planned["name_prefix"] or ""}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the topic's attributes."""
        client = aws.client("sns")
        attributes = client.get_topic_attributes(TopicArn=state["id"])["Attributes"]
        tags = client.list_tags_for_resource(ResourceArn=state["id"])["Tags"]
        return {
            **{name: attributes.get(argument) or "" for name, argument in _TEXTS.items()},
            **{name: int(attributes.get(argument) or 0) for name, argument in _NUMBERS.items()},
            **{name: attributes.get(argument) == "true" for name, argument in _FLAGS.items()},
            "arn": attributes["TopicArn"],
            "beginning_archive_time": attributes.get("BeginningArchiveTime", ""),
            "fifo_topic": attributes.get("FifoTopic") == "true",
            "name": attributes["TopicArn"].rsplit(":", 1)[-1],
            "name_prefix": state.get("name_prefix") or "",
            "owner": attributes["Owner"],
            "tags_all": tag_map(tags),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Set the attributes that differ."""
        client = aws.client("sns")
        for attribute, argument in _ALL.items():
            if changed(prior, planned, attribute):
                client.set_topic_attributes(
                    TopicArn=prior["id"],
                    AttributeName=argument,
                    AttributeValue=_wire(attribute, planned[attribute]),
                )
        if changed(prior, planned, "tags_all"):
            retag(client, "ResourceArn", prior["id"], prior, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the topic with its subscriptions."""
        aws.client("sns").delete_topic(TopicArn=state["id"])


@resource
class SnsTopicPolicy(ResourceType):
    """Who may do what with a topic; its id is the topic's ARN."""

    type_name = "aws_sns_topic_policy"
    replace = frozenset({"arn"})
    policies = frozenset({"policy"})
    absent = SnsTopic.absent

    def create(self, aws: AwsSession, planned: State) -> State:
        """Set the policy."""
        self._set(aws, planned["arn"], planned["policy"])
        return {"id": planned["arn"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the policy."""
        answer = aws.client("sns").get_topic_attributes(TopicArn=state["id"])
        attributes = answer["Attributes"]
        return {
            "arn": attributes["TopicArn"],
            "owner": attributes["Owner"],
            "policy": attributes["Policy"],
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Set the new policy."""
        self._set(aws, prior["id"], planned["policy"])

    def delete(self, aws: AwsSession, state: State) -> None:
        """Give the topic its default policy back: a topic cannot be without one."""
        self._set(aws, state["id"], _default_policy(state["arn"], state["owner"]))

    def _set(self, aws: AwsSession, arn: str, policy: str) -> None:
        aws.client("sns").set_topic_attributes(
            TopicArn=arn, AttributeName="Policy", AttributeValue=policy
        )
