"""``aws_sfn_state_machine``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import block, changed, given, tag_changes
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.tagging import tag_map
from embedded_aws.provider.types.unset import block_unless_default
from embedded_aws.provider.values import UNKNOWN

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in sorted(tags.items())]


def _logging(machine: State) -> dict[str, Any]:
    logging = block(machine, "logging_configuration")
    group = logging.get("log_destination")
    return given(
        level=logging.get("level") or "OFF",
        includeExecutionData=bool(logging.get("include_execution_data")),
        destinations=[{"cloudWatchLogsLogGroup": {"logGroupArn": group}}] if group else None,
    )


def _configuration(machine: State) -> dict[str, Any]:
    encryption = block(machine, "encryption_configuration")
    return given(
        definition=machine["definition"],
        roleArn=machine["role_arn"],
        loggingConfiguration=_logging(machine),
        tracingConfiguration={
            "enabled": bool(block(machine, "tracing_configuration").get("enabled"))
        },
        encryptionConfiguration=given(
            type=encryption.get("type"),
            kmsKeyId=encryption.get("kms_key_id"),
            kmsDataKeyReusePeriodSeconds=encryption.get("kms_data_key_reuse_period_seconds"),
        ),
    )


def _read_logging(machine: dict[str, Any], state: State) -> list[State]:
    logging = machine.get("loggingConfiguration") or {}
    destinations = logging.get("destinations") or [{}]
    value = {
        "level": logging.get("level", "OFF"),
        "include_execution_data": bool(logging.get("includeExecutionData")),
        "log_destination": (destinations[0].get("cloudWatchLogsLogGroup") or {}).get("logGroupArn"),
    }
    default = {"level": "OFF", "include_execution_data": False, "log_destination": None}
    return block_unless_default(state, "logging_configuration", value, default)


def _read_encryption(machine: dict[str, Any], state: State) -> list[State]:
    encryption = machine.get("encryptionConfiguration") or {}
    value = {
        "type": encryption.get("type", "AWS_OWNED_KEY"),
        "kms_key_id": encryption.get("kmsKeyId"),
        "kms_data_key_reuse_period_seconds": encryption.get("kmsDataKeyReusePeriodSeconds"),
    }
    default = {
        "type": "AWS_OWNED_KEY",
        "kms_key_id": None,
        "kms_data_key_reuse_period_seconds": None,
    }
    return block_unless_default(state, "encryption_configuration", value, default)


_REVISION = frozenset({"definition", "role_arn", "logging_configuration", "tracing_configuration"})

_VERSION = _REVISION | {"encryption_configuration", "publish"}


@resource
class SfnStateMachine(ResourceType):
    """A Step Functions workflow; its id is its ARN."""

    type_name = "aws_sfn_state_machine"
    replace = frozenset({"name", "name_prefix", "type"})
    recomputed: ClassVar = {"revision_id": _REVISION}
    defaults: ClassVar = {"publish": False, "type": "STANDARD"}
    json_attributes = frozenset({"definition"})
    enums: ClassVar = {
        "type": ("stepfunctions", "StateMachineType"),
        "logging_configuration.level": ("stepfunctions", "LogLevel"),
    }
    conflicts = (frozenset({"name", "name_prefix"}),)
    absent = frozenset({"StateMachineDoesNotExist"})

    def plan(self, aws: AwsSession, prior: State | None, planned: State) -> State:
        """Leave the version open when a new one will be published."""
        del aws
        if prior is None or not planned["publish"] or not changed(prior, planned, *_VERSION):
            return {}
        return {"state_machine_version_arn": UNKNOWN}

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the state machine."""
        client = aws.client("stepfunctions")
        name = planned["name"] or aws.unique_name(planned["name_prefix"])
        arguments = given(
            name=name,
            type=planned["type"],
            publish=planned["publish"] or None,
            tags=_tags(planned["tags_all"] or {}),
            **_configuration(planned),
        )
        created = aws.retrying(
            lambda: client.create_state_machine(**arguments),
            # The role and its policies may have been made a moment ago.
            {"AccessDeniedException": "", "InvalidArn": ""},
            attempts=4,
        )
        return {
            "id": created["stateMachineArn"],
            "arn": created["stateMachineArn"],
            "name": name,
            "name_prefix": planned["name_prefix"] or "",
            "state_machine_version_arn": created.get("stateMachineVersionArn", ""),
        }

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Describe the state machine."""
        client = aws.client("stepfunctions")
        machine = client.describe_state_machine(stateMachineArn=state["id"])
        if machine.get("status") == "DELETING":
            return None
        versions = client.list_state_machine_versions(stateMachineArn=state["id"], maxResults=1)
        newest: dict[str, Any] = next(iter(versions["stateMachineVersions"]), {})
        tags = client.list_tags_for_resource(resourceArn=state["id"])["tags"]
        tracing = {"enabled": bool((machine.get("tracingConfiguration") or {}).get("enabled"))}
        return {
            "arn": machine["stateMachineArn"],
            "creation_date": machine["creationDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "definition": machine["definition"],
            "description": machine.get("description", ""),
            "name": machine["name"],
            "name_prefix": state.get("name_prefix") or "",
            "revision_id": machine.get("revisionId", ""),
            "role_arn": machine["roleArn"],
            "state_machine_version_arn": newest.get("stateMachineVersionArn", ""),
            "status": machine.get("status", "ACTIVE"),
            "type": machine["type"],
            "version_description": "",
            "logging_configuration": _read_logging(machine, state),
            "tracing_configuration": block_unless_default(
                state, "tracing_configuration", tracing, {"enabled": False}
            ),
            "encryption_configuration": _read_encryption(machine, state),
            "tags_all": tag_map([{"Key": one["key"], "Value": one["value"]} for one in tags]),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Update the definition and the settings; running executions keep the old ones."""
        client = aws.client("stepfunctions")
        if changed(prior, planned, *_VERSION):
            client.update_state_machine(
                stateMachineArn=prior["id"],
                **_configuration(planned),
                **given(publish=planned["publish"] or None),
            )
        if changed(prior, planned, "tags_all"):
            removed, added = tag_changes(prior, planned)
            if removed:
                client.untag_resource(resourceArn=prior["id"], tagKeys=removed)
            if added:
                client.tag_resource(resourceArn=prior["id"], tags=_tags(added))

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the state machine."""
        aws.client("stepfunctions").delete_state_machine(stateMachineArn=state["id"])
