"""``aws_api_gateway_gateway_response``."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from embedded_aws.provider.attributes import given
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.api_gateway_rest_api import ABSENT
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


@resource
class ApiGatewayGatewayResponse(ResourceType):
    """What the gateway itself answers; its id is ``aggr-<API id>-<type>``."""

    type_name = "aws_api_gateway_gateway_response"
    replace = frozenset({"response_type", "rest_api_id"})
    enums: ClassVar = {"response_type": ("apigateway", "GatewayResponseType")}
    absent = ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Put the response."""
        api, kind = planned["rest_api_id"], planned["response_type"]
        aws.client("apigateway").put_gateway_response(
            restApiId=api,
            responseType=kind,
            **given(
                responseParameters=planned["response_parameters"],
                responseTemplates=planned["response_templates"],
                statusCode=planned["status_code"],
            ),
        )
        return {"id": f"aggr-{api}-{kind}"}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the response."""
        found = aws.client("apigateway").get_gateway_response(
            restApiId=state["rest_api_id"], responseType=state["response_type"]
        )
        return {
            "response_parameters": found.get("responseParameters") or {},
            "response_templates": found.get("responseTemplates") or {},
            "status_code": text(state, "status_code", found.get("statusCode")),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Put it anew, as a whole."""
        del prior
        self.create(aws, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Let the gateway answer as it does by itself."""
        aws.client("apigateway").delete_gateway_response(
            restApiId=state["rest_api_id"], responseType=state["response_type"]
        )

    def import_state(self, aws: AwsSession, identifier: str) -> State:
        """Take ``<API id>/<type>``."""
        del aws
        api, _, kind = identifier.partition("/")
        return {"id": f"aggr-{api}-{kind}", "rest_api_id": api, "response_type": kind}
