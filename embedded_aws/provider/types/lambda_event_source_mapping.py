"""``aws_lambda_event_source_mapping``: from a queue or a stream to a function."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import ClientError

from embedded_aws.provider.attributes import changed, error_code, given, tag_changes
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ProviderError, ResourceType, State
from embedded_aws.provider.types import lambda_event_source_settings as settings

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_GONE = "ResourceNotFoundException"
_ATTEMPTS = 240
_WAIT_SECONDS = 0.25


@resource
class LambdaEventSourceMapping(ResourceType):
    """Polls an SQS queue or a DynamoDB stream and invokes a function with what it finds."""

    type_name = "aws_lambda_event_source_mapping"
    replace = frozenset(
        {"event_source_arn", "starting_position", "starting_position_timestamp", "queues", "topics"}
    )
    recomputed: ClassVar = {
        "function_arn": frozenset({"function_name"}),
        "last_modified": frozenset({"function_name", "enabled", *settings.SETTINGS}),
        "state": frozenset({"enabled"}),
    }
    defaults: ClassVar = {"enabled": True}
    enums: ClassVar = {
        "starting_position": ("lambda", "EventSourcePosition"),
        "function_response_types": ("lambda", "FunctionResponseType"),
    }
    absent = frozenset({_GONE})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the mapping and wait until it is enabled or disabled."""
        client = aws.client("lambda")
        arguments = given(
            FunctionName=planned["function_name"],
            EventSourceArn=planned["event_source_arn"],
            Enabled=planned["enabled"],
            StartingPosition=planned["starting_position"],
            StartingPositionTimestamp=planned["starting_position_timestamp"],
            Queues=planned["queues"],
            Topics=planned["topics"],
            Tags=planned["tags_all"],
            **settings.creation(planned),
        )
        created = aws.retrying(
            lambda: client.create_event_source_mapping(**arguments),
            # Policies of the role may have been attached a moment ago.
            {"InvalidParameterValueException": "execution role does not have permissions"},
        )
        _wait_until_settled(aws, created["UUID"])
        return {"id": created["UUID"], "uuid": created["UUID"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the mapping."""
        client = aws.client("lambda")
        mapping = client.get_event_source_mapping(UUID=state["id"])
        arn = mapping.get("EventSourceMappingArn") or (
            f"arn:{aws.partition}:lambda:{aws.region}:{aws.account_id}"
            f":event-source-mapping:{state['id']}"
        )
        status = mapping.get("State", "")
        return {
            "uuid": mapping["UUID"],
            "arn": arn,
            "event_source_arn": mapping.get("EventSourceArn"),
            "function_arn": mapping["FunctionArn"],
            "function_name": state.get("function_name") or mapping["FunctionArn"],
            "enabled": status not in ("Disabled", "Disabling"),
            "state": status,
            "state_transition_reason": mapping.get("StateTransitionReason", ""),
            "last_modified": mapping["LastModified"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "last_processing_result": mapping.get("LastProcessingResult") or "",
            "tags_all": client.list_tags(Resource=arn)["Tags"],
            **settings.read(mapping, state),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Change what differs and wait until the mapping has taken it."""
        client = aws.client("lambda")
        arguments = settings.changes(prior, planned)
        if changed(prior, planned, "enabled"):
            arguments["Enabled"] = planned["enabled"]
        if changed(prior, planned, "function_name"):
            arguments["FunctionName"] = planned["function_name"]
        if arguments:
            client.update_event_source_mapping(UUID=prior["id"], **arguments)
            _wait_until_settled(aws, prior["id"])
        if changed(prior, planned, "tags_all"):
            removed, added = tag_changes(prior, planned)
            if removed:
                client.untag_resource(Resource=prior["arn"], TagKeys=removed)
            if added:
                client.tag_resource(Resource=prior["arn"], Tags=added)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the mapping and wait until it polls no longer."""
        aws.client("lambda").delete_event_source_mapping(UUID=state["id"])
        _wait_until_settled(aws, state["id"])


def _state(aws: AwsSession, identifier: str) -> dict[str, Any]:
    try:
        found = aws.client("lambda").get_event_source_mapping(UUID=identifier)
    except ClientError as error:
        if error_code(error) == _GONE:
            return {}
        raise
    return dict(found)


def _wait_until_settled(aws: AwsSession, identifier: str) -> None:
    """Wait until a mapping is enabled, disabled or gone.

    Raises
    ------
    ProviderError
        When that has not happened after a minute.
    """
    for _ in range(_ATTEMPTS):
        mapping = _state(aws, identifier)
        if not mapping or mapping.get("State") in ("Enabled", "Disabled"):
            return
        time.sleep(_WAIT_SECONDS)
    raise ProviderError(
        f"Event source mapping {identifier} is still {mapping['State']}:"
        f" {mapping.get('StateTransitionReason', 'no reason given')}. Apply again later."
    )
