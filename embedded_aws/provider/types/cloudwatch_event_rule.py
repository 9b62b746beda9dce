"""``aws_cloudwatch_event_rule``: a rule of EventBridge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import changed, given, tag_list
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.tagging import retag, tag_map
from embedded_aws.provider.types.unset import text, unless_default

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

DEFAULT_BUS = "default"


def _rule(rule: State, name: str) -> dict[str, Any]:
    state = rule["state"]
    if state is None and rule["is_enabled"] is not None:
        state = "ENABLED" if rule["is_enabled"] else "DISABLED"
    return given(
        Name=name,
        EventBusName=rule["event_bus_name"],
        EventPattern=rule["event_pattern"],
        ScheduleExpression=rule["schedule_expression"],
        Description=rule["description"],
        RoleArn=rule["role_arn"],
        State=state or "ENABLED",
    )


@resource
class CloudwatchEventRule(ResourceType):
    """A rule on an event bus."""

    type_name = "aws_cloudwatch_event_rule"
    replace = frozenset({"name", "name_prefix", "event_bus_name"})
    defaults: ClassVar = {"event_bus_name": DEFAULT_BUS, "force_destroy": False}
    json_attributes = frozenset({"event_pattern"})
    enums: ClassVar = {"state": ("events", "RuleState")}
    conflicts = (frozenset({"name", "name_prefix"}), frozenset({"is_enabled", "state"}))
    absent = frozenset({"ResourceNotFoundException"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Put the rule with its tags."""
        name = planned["name"] or aws.unique_name(planned["name_prefix"])
        aws.client("events").put_rule(**_rule(planned, name), **given(Tags=tag_list(planned)))
        bus = planned["event_bus_name"]
        return {
            "id": name if bus == DEFAULT_BUS else f"{bus}/{name}",
            "name": name,
            "name_prefix": planned["name_prefix"] or "",
        }

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Describe the rule."""
        client = aws.client("events")
        bus, _, name = state["id"].rpartition("/")
        rule = client.describe_rule(Name=name, EventBusName=bus or DEFAULT_BUS)
        tags = client.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]
        enabled = rule["State"] != "DISABLED"
        return {
            "arn": rule["Arn"],
            "name": name,
            "name_prefix": state.get("name_prefix") or "",
            "event_bus_name": bus or DEFAULT_BUS,
            "description": text(state, "description", rule.get("Description")),
            "event_pattern": text(state, "event_pattern", rule.get("EventPattern")),
            "schedule_expression": text(
                state, "schedule_expression", rule.get("ScheduleExpression")
            ),
            "role_arn": text(state, "role_arn", rule.get("RoleArn")),
            # Whichever of the two is configured says it; a rule that somebody has disabled shows.
            "is_enabled": enabled if state.get("is_enabled") is not None else None,
            "state": (
                None
                if state.get("is_enabled") is not None
                else unless_default(state, "state", rule["State"], "ENABLED")
            ),
            "tags_all": tag_map(tags),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Put the rule anew; its targets stay."""
        client = aws.client("events")
        client.put_rule(**_rule(planned, prior["name"]))
        if changed(prior, planned, "tags_all"):
            retag(client, "ResourceARN", prior["arn"], prior, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the rule, which must have no targets left."""
        aws.client("events").delete_rule(
            Name=state["name"],
            EventBusName=state["event_bus_name"],
            **given(Force=state["force_destroy"] or None),
        )

    def import_state(self, aws: AwsSession, identifier: str) -> State:
        """Take ``[<event bus>/]<rule>``."""
        del aws
        return {"id": identifier.removeprefix(f"{DEFAULT_BUS}/")}
