"""``aws_cloudwatch_composite_alarm``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import block, changed, given, tag_list
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.tagging import retag, tag_map
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


def _alarm(alarm: State) -> dict[str, Any]:
    suppressor = block(alarm, "actions_suppressor")
    return given(
        AlarmName=alarm["alarm_name"],
        AlarmDescription=alarm["alarm_description"],
        AlarmRule=alarm["alarm_rule"],
        ActionsEnabled=alarm["actions_enabled"],
        AlarmActions=alarm["alarm_actions"],
        OKActions=alarm["ok_actions"],
        InsufficientDataActions=alarm["insufficient_data_actions"],
        ActionsSuppressor=suppressor.get("alarm"),
        ActionsSuppressorWaitPeriod=suppressor.get("wait_period"),
        ActionsSuppressorExtensionPeriod=suppressor.get("extension_period"),
    )


def _read_suppressor(alarm: dict[str, Any]) -> list[State]:
    if not alarm.get("ActionsSuppressor"):
        return []
    return [
        {
            "alarm": alarm["ActionsSuppressor"],
            "wait_period": alarm.get("ActionsSuppressorWaitPeriod"),
            "extension_period": alarm.get("ActionsSuppressorExtensionPeriod"),
        }
    ]


@resource
class CloudwatchCompositeAlarm(ResourceType):
    """An alarm on the states of other alarms; its name is its id."""

    type_name = "aws_cloudwatch_composite_alarm"
    replace = frozenset({"alarm_name", "actions_enabled"})
    defaults: ClassVar = {"actions_enabled": True}

    def create(self, aws: AwsSession, planned: State) -> State:
        """Put the alarm with its tags."""
        aws.client("cloudwatch").put_composite_alarm(
            **_alarm(planned), **given(Tags=tag_list(planned))
        )
        return {"id": planned["alarm_name"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Describe the alarm."""
        client = aws.client("cloudwatch")
        alarms = client.describe_alarms(AlarmNames=[state["id"]], AlarmTypes=["CompositeAlarm"])
        if not alarms["CompositeAlarms"]:
            return None
        alarm = alarms["CompositeAlarms"][0]
        tags = client.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
        return {
            "arn": alarm["AlarmArn"],
            "alarm_name": alarm["AlarmName"],
            "alarm_description": text(state, "alarm_description", alarm.get("AlarmDescription")),
            "alarm_rule": alarm["AlarmRule"],
            "actions_enabled": alarm["ActionsEnabled"],
            "actions_suppressor": _read_suppressor(alarm),
            "alarm_actions": alarm.get("AlarmActions") or None,
            "ok_actions": alarm.get("OKActions") or None,
            "insufficient_data_actions": alarm.get("InsufficientDataActions") or None,
            "tags_all": tag_map(tags),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Put the alarm anew."""
        client = aws.client("cloudwatch")
        client.put_composite_alarm(**_alarm(planned))
        if changed(prior, planned, "tags_all"):
            retag(client, "ResourceARN", prior["arn"], prior, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the alarm."""
        aws.client("cloudwatch").delete_alarms(AlarmNames=[state["id"]])
