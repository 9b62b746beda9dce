"""``aws_s3_bucket_notification``: all notifications of a bucket are one resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.registry import resource
from embedded_aws.provider.types.s3_bucket import NO_BUCKET
from embedded_aws.provider.types.s3_bucket_setting import BucketSetting

if TYPE_CHECKING:
    from embedded_aws.provider.resource_type import State
    from embedded_aws.provider.session import AwsSession

# Block -> (its attribute for the destination, names in the API)
_DESTINATIONS = {
    "lambda_function": (
        "lambda_function_arn",
        "LambdaFunctionConfigurations",
        "LambdaFunctionArn",
    ),
    "queue": ("queue_arn", "QueueConfigurations", "QueueArn"),
    "topic": ("topic_arn", "TopicConfigurations", "TopicArn"),
}


@resource
class S3BucketNotification(BucketSetting):
    """To whom the bucket says what happens in it."""

    type_name = "aws_s3_bucket_notification"
    replace = frozenset({"bucket"})
    defaults: ClassVar = {"eventbridge": False}
    absent = NO_BUCKET
    enums: ClassVar = {f"{name}.events": ("s3", "Event") for name in _DESTINATIONS}
    put_call = "put_bucket_notification_configuration"
    get_call = "get_bucket_notification_configuration"

    def document(self, planned: State) -> dict[str, Any]:
        """Return all notifications."""
        wanted: dict[str, Any] = {}
        if planned["eventbridge"]:
            wanted["EventBridgeConfiguration"] = {}
        for name, (target, configurations, parameter) in _DESTINATIONS.items():
            entries = [
                _entry(entry, parameter, entry[target], f"tf-s3-{name}-{number}")
                for number, entry in enumerate(planned[name])
            ]
            if entries:
                wanted[configurations] = entries
        return {"NotificationConfiguration": wanted}

    def attributes(self, answer: dict[str, Any], state: State) -> State | None:
        """Return all notifications, in the order of the configuration."""
        found: State = {"eventbridge": "EventBridgeConfiguration" in answer}
        for name, (target, configurations, parameter) in _DESTINATIONS.items():
            order = [entry.get("id") for entry in state.get(name) or []]
            entries = [
                {
                    "id": entry["Id"],
                    target: entry[parameter],
                    "events": entry["Events"],
                    **_filters(entry),
                }
                for entry in answer.get(configurations, [])
            ]
            entries.sort(key=lambda e: order.index(e["id"]) if e["id"] in order else len(order))
            found[name] = entries
        return found

    def delete(self, aws: AwsSession, state: State) -> None:
        """Put an empty configuration: there is no call to delete it."""
        aws.client("s3").put_bucket_notification_configuration(
            Bucket=state["id"], NotificationConfiguration={}
        )


def _entry(entry: State, parameter: str, target: str, identifier: str) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "Id": entry["id"] or identifier,
        parameter: target,
        "Events": entry["events"],
    }
    rules = [
        {"Name": name, "Value": entry[f"filter_{name}"]}
        for name in ("prefix", "suffix")
        if entry[f"filter_{name}"]
    ]
    if rules:
        wanted["Filter"] = {"Key": {"FilterRules": rules}}
    return wanted


def _filters(entry: dict[str, Any]) -> dict[str, str]:
    rules = entry.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    return {f"filter_{rule['Name'].lower()}": rule["Value"] for rule in rules}
