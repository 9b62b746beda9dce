"""``aws_scheduler_schedule``: EventBridge Scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import block, given
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.unset import block_unless_default, text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_DEFAULT_GROUP = "default"
_NO_RETRY = {"maximum_event_age_in_seconds": 86_400, "maximum_retry_attempts": 185}


def _target(schedule: State) -> dict[str, Any]:
    target = block(schedule, "target")
    retry = block(target, "retry_policy")
    event = block(target, "eventbridge_parameters")
    return given(
        Arn=target["arn"],
        RoleArn=target["role_arn"],
        Input=target["input"],
        DeadLetterConfig=given(Arn=block(target, "dead_letter_config").get("arn")),
        RetryPolicy=given(
            MaximumEventAgeInSeconds=retry.get("maximum_event_age_in_seconds"),
            MaximumRetryAttempts=retry.get("maximum_retry_attempts"),
        ),
        EventBridgeParameters=given(
            DetailType=event.get("detail_type"), Source=event.get("source")
        ),
        SqsParameters=given(MessageGroupId=block(target, "sqs_parameters").get("message_group_id")),
    )


def _schedule(schedule: State, group: str, name: str) -> dict[str, Any]:
    window = block(schedule, "flexible_time_window")
    return given(
        Name=name,
        GroupName=group,
        Description=schedule["description"],
        StartDate=schedule["start_date"],
        EndDate=schedule["end_date"],
        KmsKeyArn=schedule["kms_key_arn"],
        ActionAfterCompletion=schedule["action_after_completion"],
        ScheduleExpression=schedule["schedule_expression"],
        ScheduleExpressionTimezone=schedule["schedule_expression_timezone"],
        State=schedule["state"],
        FlexibleTimeWindow=given(
            Mode=window["mode"], MaximumWindowInMinutes=window["maximum_window_in_minutes"]
        ),
        Target=_target(schedule),
    )


def _read_target(target: dict[str, Any], state: State) -> State:
    before = block(state, "target")
    retry = target.get("RetryPolicy") or {}
    policy = {
        "maximum_event_age_in_seconds": retry.get("MaximumEventAgeInSeconds", 86_400),
        "maximum_retry_attempts": retry.get("MaximumRetryAttempts", 185),
    }
    letters = (target.get("DeadLetterConfig") or {}).get("Arn")
    event = target.get("EventBridgeParameters")
    group = (target.get("SqsParameters") or {}).get("MessageGroupId")
    return {
        "arn": target["Arn"],
        "role_arn": target["RoleArn"],
        "input": text(before, "input", target.get("Input")),
        "dead_letter_config": [{"arn": letters}] if letters else [],
        "retry_policy": block_unless_default(before, "retry_policy", policy, _NO_RETRY),
        "eventbridge_parameters": (
            [{"detail_type": event["DetailType"], "source": event["Source"]}] if event else []
        ),
        "sqs_parameters": [{"message_group_id": group}] if group else [],
    }


@resource
class SchedulerSchedule(ResourceType):
    """A schedule; its id is ``<group>/<name>``."""

    type_name = "aws_scheduler_schedule"
    replace = frozenset({"group_name", "name", "name_prefix"})
    defaults: ClassVar = {
        "schedule_expression_timezone": "UTC",
        "state": "ENABLED",
        "target.retry_policy.maximum_event_age_in_seconds": 86_400,
        "target.retry_policy.maximum_retry_attempts": 185,
    }
    enums: ClassVar = {"state": ("scheduler", "ScheduleState")}
    conflicts = (frozenset({"name", "name_prefix"}),)
    absent = frozenset({"ResourceNotFoundException"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the schedule."""
        group = planned["group_name"] or _DEFAULT_GROUP
        name = planned["name"] or aws.unique_name(planned["name_prefix"])
        aws.client("scheduler").create_schedule(**_schedule(planned, group, name))
        return {
            "id": f"{group}/{name}",
            "group_name": group,
            "name": name,
            "name_prefix": planned["name_prefix"] or "",
        }

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the schedule."""
        group, _, name = state["id"].partition("/")
        found = aws.client("scheduler").get_schedule(GroupName=group, Name=name)
        window = found["FlexibleTimeWindow"]
        return {
            "arn": found["Arn"],
            "action_after_completion": found.get("ActionAfterCompletion", "NONE"),
            "description": text(state, "description", found.get("Description")),
            "group_name": group,
            "name": name,
            "name_prefix": state.get("name_prefix") or "",
            "kms_key_arn": text(state, "kms_key_arn", found.get("KmsKeyArn")),
            "schedule_expression": found["ScheduleExpression"],
            "schedule_expression_timezone": found.get("ScheduleExpressionTimezone") or "UTC",
            "state": found["State"],
            "flexible_time_window": [
                {
                    "mode": window["Mode"],
                    "maximum_window_in_minutes": window.get("MaximumWindowInMinutes"),
                }
            ],
            "target": [_read_target(found["Target"], state)],
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Replace the whole schedule: the call knows no single settings."""
        aws.client("scheduler").update_schedule(
            **_schedule(planned, prior["group_name"], prior["name"])
        )

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the schedule."""
        group, _, name = state["id"].partition("/")
        aws.client("scheduler").delete_schedule(GroupName=group, Name=name)
