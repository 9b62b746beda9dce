"""``aws_sns_topic_subscription``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import changed
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedded_aws.provider.session import AwsSession

_TEXTS: Mapping[str, str] = {
    "delivery_policy": "DeliveryPolicy",
    "filter_policy": "FilterPolicy",
    "redrive_policy": "RedrivePolicy",
    "replay_policy": "ReplayPolicy",
    "subscription_role_arn": "SubscriptionRoleArn",
}
# The scope comes after the policy that it is about.
_ALL: Mapping[str, str] = {
    **_TEXTS,
    "filter_policy_scope": "FilterPolicyScope",
    "raw_message_delivery": "RawMessageDelivery",
}


def _wire(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else value or ""


@resource
class SnsTopicSubscription(ResourceType):
    """A subscription of an endpoint to a topic; its id is its ARN."""

    type_name = "aws_sns_topic_subscription"
    replace = frozenset({"topic_arn", "protocol", "endpoint"})
    defaults: ClassVar = {
        "confirmation_timeout_in_minutes": 1,
        "endpoint_auto_confirms": False,
        "raw_message_delivery": False,
    }
    json_attributes = frozenset(
        {"delivery_policy", "filter_policy", "redrive_policy", "replay_policy"}
    )
    absent = frozenset({"NotFound", "NotFoundException"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Subscribe; an e-mail address has to confirm before it gets anything."""
        attributes = {
            argument: _wire(planned[attribute])
            for attribute, argument in _ALL.items()
            if planned[attribute]
        }
        arn = aws.client("sns").subscribe(
            TopicArn=planned["topic_arn"],
            Protocol=planned["protocol"],
            Endpoint=planned["endpoint"],
            Attributes=attributes,
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        return {"id": arn, "arn": arn}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the subscription's attributes."""
        answer = aws.client("sns").get_subscription_attributes(SubscriptionArn=state["id"])
        attributes = answer["Attributes"]
        return {
            **{name: text(state, name, attributes.get(key)) for name, key in _TEXTS.items()},
            "arn": attributes["SubscriptionArn"],
            "confirmation_was_authenticated": attributes.get("ConfirmationWasAuthenticated")
            == "true",
            "endpoint": attributes["Endpoint"],
            "filter_policy_scope": attributes.get("FilterPolicyScope", ""),
            "owner_id": attributes["Owner"],
            "pending_confirmation": attributes.get("PendingConfirmation") == "true",
            "protocol": attributes["Protocol"],
            "raw_message_delivery": attributes.get("RawMessageDelivery") == "true",
            "topic_arn": attributes["TopicArn"],
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Set the attributes that differ."""
        for attribute, argument in _ALL.items():
            if changed(prior, planned, attribute):
                aws.client("sns").set_subscription_attributes(
                    SubscriptionArn=prior["id"],
                    AttributeName=argument,
                    AttributeValue=_wire(planned[attribute]),
                )

    def delete(self, aws: AwsSession, state: State) -> None:
        """Unsubscribe."""
        aws.client("sns").unsubscribe(SubscriptionArn=state["id"])
