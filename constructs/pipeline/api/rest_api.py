"""The REST API of a region: what is imported, and its deployment (rows B7, C3, E5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf import TerraformLocal, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.api_gateway_deployment import ApiGatewayDeployment
from cdktf_cdktf_provider_aws.api_gateway_rest_api import (
    ApiGatewayRestApi,
    ApiGatewayRestApiEndpointConfiguration,
)
from cdktf_cdktf_provider_aws.lambda_permission import LambdaPermission
from constructs import Construct

from pipeline.api.document import Route
from pipeline.compute.function import Function
from pipeline.naming import LIVE


@dataclass(frozen=True)
class RestApiProps:
    """What the API is made of.

    Parameters
    ----------
    name
        The API's name.
    body
        The document that API Gateway imports, as JSON text.
    policy
        The resource policy, as JSON text.
    routes
        What the function may be invoked for.
    function
        The function behind all routes; its alias ``live`` is invoked.
    """

    name: str
    body: str
    policy: str
    routes: Sequence[Route]
    function: Function


class RestApi(Construct):
    """A regional REST API, deployed whenever what it serves has changed, and only then.

    The resource policy is an argument and no extension of the document: the provider puts the old
    one back when that changes (hashicorp/terraform-provider-aws #38515, and after its correction
    loses a separate policy resource's, #49672).

    Attributes
    ----------
    id
        The API's id.
    deployment_id
        The deployment to serve.
    """

    def __init__(self, scope: Construct, construct_id: str, props: RestApiProps) -> None:
        super().__init__(scope, construct_id)
        body = TerraformLocal(self, "document", props.body)
        policy = TerraformLocal(self, "policy", props.policy)
        self._api = ApiGatewayRestApi(
            self,
            "api",
            name=props.name,
            description="Takes records, and tells what became of them",
            body=body.as_string,
            policy=policy.as_string,
            endpoint_configuration=ApiGatewayRestApiEndpointConfiguration(types=["REGIONAL"]),
        )
        permissions = [self._permit(route, props) for route in props.routes]
        deployment = ApiGatewayDeployment(
            self,
            "deployment",
            rest_api_id=self._api.id,
            triggers={"sha1": f'${{sha1(join("\\n", [{body.fqn}, {policy.fqn}]))}}'},
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
            depends_on=permissions,
        )
        self.id: str = self._api.id
        self.deployment_id: str = deployment.id

    def _permit(self, route: Route, props: RestApiProps) -> LambdaPermission:
        words = [part.strip("{}") for part in route.path.split("/") if part]
        name = "-".join([route.verb.lower(), *words]).replace(".", "-")
        return LambdaPermission(
            self,
            f"may-{name}",
            statement_id=f"api-{name}",
            action="lambda:InvokeFunction",
            function_name=props.function.name,
            qualifier=LIVE,
            principal="apigateway.amazonaws.com",
            source_arn=f"{self._api.execution_arn}/*/{route.resource}",
            depends_on=[props.function.alias],
        )
