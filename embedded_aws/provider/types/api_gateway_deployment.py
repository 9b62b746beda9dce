"""``aws_api_gateway_deployment``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedded_aws.provider.attributes import changed, given
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.api_gateway_rest_api import ABSENT, replace
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


@resource
class ApiGatewayDeployment(ResourceType):
    """A snapshot of an API."""

    type_name = "aws_api_gateway_deployment"
    replace = frozenset({"rest_api_id", "triggers", "variables"})
    absent = ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Take the snapshot."""
        created = aws.client("apigateway").create_deployment(
            restApiId=planned["rest_api_id"],
            **given(description=planned["description"], variables=planned["variables"]),
        )
        return {"id": created["id"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the deployment."""
        found = aws.client("apigateway").get_deployment(
            restApiId=state["rest_api_id"], deploymentId=state["id"]
        )
        return {
            "created_date": found["createdDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "description": text(state, "description", found.get("description")),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Change the description: nothing else of a deployment can change."""
        if changed(prior, planned, "description"):
            aws.client("apigateway").update_deployment(
                restApiId=prior["rest_api_id"],
                deploymentId=prior["id"],
                patchOperations=[replace("/description", planned["description"] or "")],
            )

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the deployment, to which no stage may point any more."""
        aws.client("apigateway").delete_deployment(
            restApiId=state["rest_api_id"], deploymentId=state["id"]
        )

    def import_state(self, aws: AwsSession, identifier: str) -> State:
        """Take ``<API id>/<deployment id>``."""
        del aws
        api, _, deployment = identifier.partition("/")
        return {"id": deployment, "rest_api_id": api}
