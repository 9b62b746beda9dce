"""Everything of the REST API in one region."""

from __future__ import annotations

from cdktf import TerraformLocal
from cdktf_cdktf_provider_aws.data_aws_cognito_user_pool_clients import (
    DataAwsCognitoUserPoolClients,
)
from cdktf_cdktf_provider_aws.data_aws_cognito_user_pools import DataAwsCognitoUserPools
from constructs import Construct

from pipeline.api.document import load_document, routes
from pipeline.api.gateway_document import GatewaySettings, gateway_document
from pipeline.api.resource_policy import resource_policy
from pipeline.api.rest_api import RestApi, RestApiProps
from pipeline.api.stage import Stage, StageProps
from pipeline.api.usage_plan import UsagePlan, UsagePlanProps
from pipeline.compute.function import Function
from pipeline.functions.api import ApiFunction
from pipeline.functions.regional_function import RegionalFunctionProps
from pipeline.naming import Names


class RegionalApi(Construct):
    """The function, the API in front of it, its stage, and, as configured, its key.

    Parameters
    ----------
    props
        As for every function.
    dead_letter_queue_url
        Whose depth is part of the region's health.

    Attributes
    ----------
    function
        The function behind all routes.
    id, endpoint
        The API's id, and where it answers.
    key_id
        The id of its key; none without one.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        props: RegionalFunctionProps,
        *,
        dead_letter_queue_url: str,
    ) -> None:
        super().__init__(scope, construct_id)
        names, settings = props.names, props.environment.api
        self.function: Function = ApiFunction(
            self, "function", props, dead_letter_queue_url=dead_letter_queue_url
        ).function
        document = load_document()
        paths = routes(document)
        api = RestApi(
            self,
            "rest-api",
            RestApiProps(
                name=names.rest_api(),
                body=gateway_document(document, self._gateway_settings(props)),
                policy=resource_policy(
                    names.stage_arn_pattern(props.region),
                    paths,
                    signed=settings.authorization == "iam",
                    allowed_cidrs=settings.allowed_cidrs,
                ),
                routes=paths,
                function=self.function,
            ),
        )
        stage = Stage(
            self,
            "stage",
            StageProps(
                environment=props.environment,
                api=api,
                name=names.stage(),
                log_group=names.access_log_group(),
            ),
        )
        self.id: str = api.id
        self.endpoint: str = stage.invoke_url
        self.key_id: str | None = None
        if settings.api_key:
            plan = UsagePlan(
                self,
                "usage-plan",
                UsagePlanProps(
                    settings=settings,
                    name=names.api_key(),
                    secret=names.api_key(),
                    api_id=api.id,
                    stage=stage.name,
                ),
            )
            self.key_id = plan.key_id

    def _gateway_settings(self, props: RegionalFunctionProps) -> GatewaySettings:
        names, settings = props.names, props.environment.api
        pool_arn, audience = "", ""
        if settings.authorization == "cognito":
            pool_arn, audience = self._users(names)
        partition, function = props.environment.partition, names.live_arn("api", props.region)
        return GatewaySettings(
            name=names.rest_api(),
            invoke_arn=(
                f"arn:{partition}:apigateway:{props.region}:lambda:path/2015-03-31/functions/"
                f"{function}/invocations"
            ),
            authorization=settings.authorization,
            api_key=settings.api_key,
            cors_origins=settings.cors_origins,
            user_pool_arn=pool_arn,
            audience=audience,
        )

    def _users(self, names: Names) -> tuple[str, str]:
        """Return the ARN of the region's user pool and the id of its client, found by name."""
        pools = DataAwsCognitoUserPools(self, "user-pools", name=names.user_pool())
        clients = DataAwsCognitoUserPoolClients(
            self, "clients", user_pool_id=f"${{one({pools.fqn}.ids)}}"
        )
        ids = f"zipmap({clients.fqn}.client_names, {clients.fqn}.client_ids)"
        pool = TerraformLocal(self, "user-pool-arn", f"${{one({pools.fqn}.arns)}}")
        client = TerraformLocal(self, "client-id", f'${{{ids}["{names.user_pool()}"]}}')
        return pool.as_string, client.as_string
