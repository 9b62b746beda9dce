"""``aws_cloudwatch_event_bus``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.provider.attributes import block, changed, given, tag_list
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.tagging import retag, tag_map
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


def _settings(bus: State) -> dict[str, Any]:
    log = block(bus, "log_config")
    return given(
        Description=bus["description"],
        KmsKeyIdentifier=bus["kms_key_identifier"],
        DeadLetterConfig=given(Arn=block(bus, "dead_letter_config").get("arn")),
        LogConfig=given(Level=log.get("level"), IncludeDetail=log.get("include_detail")),
    )


@resource
class CloudwatchEventBus(ResourceType):
    """An event bus; its name is its id."""

    type_name = "aws_cloudwatch_event_bus"
    replace = frozenset({"name", "event_source_name"})
    absent = frozenset({"ResourceNotFoundException"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the bus."""
        aws.client("events").create_event_bus(
            Name=planned["name"],
            **_settings(planned),
            **given(EventSourceName=planned["event_source_name"], Tags=tag_list(planned)),
        )
        return {"id": planned["name"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Describe the bus."""
        client = aws.client("events")
        bus = client.describe_event_bus(Name=state["id"])
        letters = (bus.get("DeadLetterConfig") or {}).get("Arn")
        found: State = {
            "arn": bus["Arn"],
            "name": bus["Name"],
            "description": text(state, "description", bus.get("Description")),
            "kms_key_identifier": text(state, "kms_key_identifier", bus.get("KmsKeyIdentifier")),
            "dead_letter_config": [{"arn": letters}] if letters else [],
            "tags_all": tag_map(client.list_tags_for_resource(ResourceARN=bus["Arn"])["Tags"]),
        }
        if log := bus.get("LogConfig"):
            found["log_config"] = [
                {"level": log.get("Level"), "include_detail": log.get("IncludeDetail")}
            ]
        return found

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Update the settings."""
        client = aws.client("events")
        names = ("description", "kms_key_identifier", "dead_letter_config", "log_config")
        if changed(prior, planned, *names):
            client.update_event_bus(Name=prior["id"], **_settings(planned))
        if changed(prior, planned, "tags_all"):
            retag(client, "ResourceARN", prior["arn"], prior, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the bus."""
        aws.client("events").delete_event_bus(Name=state["id"])
