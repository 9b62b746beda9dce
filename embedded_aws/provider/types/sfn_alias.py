"""``aws_sfn_alias``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


def _routes(alias: State) -> list[dict[str, Any]]:
    return [
        {"stateMachineVersionArn": each["state_machine_version_arn"], "weight": each["weight"]}
        for each in alias["routing_configuration"]
    ]


@resource
class SfnAlias(ResourceType):
    """A name for a version of a state machine, or for two with weights; its id is its ARN."""

    type_name = "aws_sfn_alias"
    replace = frozenset({"name"})
    absent = frozenset({"ResourceNotFound", "StateMachineDoesNotExist"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the alias."""
        created = aws.client("stepfunctions").create_state_machine_alias(
            name=planned["name"],
            description=planned["description"] or "",
            routingConfiguration=_routes(planned),
        )
        arn = created["stateMachineAliasArn"]
        return {"id": arn, "arn": arn}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read where the alias points to."""
        alias = aws.client("stepfunctions").describe_state_machine_alias(
            stateMachineAliasArn=state["id"]
        )
        return {
            "arn": alias["stateMachineAliasArn"],
            "name": alias["name"],
            "description": text(state, "description", alias.get("description")),
            "creation_date": alias["creationDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "routing_configuration": [
                {
                    "state_machine_version_arn": each["stateMachineVersionArn"],
                    "weight": each["weight"],
                }
                for each in alias["routingConfiguration"]
            ],
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Point the alias elsewhere."""
        aws.client("stepfunctions").update_state_machine_alias(
            stateMachineAliasArn=prior["id"],
            description=planned["description"] or "",
            routingConfiguration=_routes(planned),
        )

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the alias."""
        aws.client("stepfunctions").delete_state_machine_alias(stateMachineAliasArn=state["id"])
