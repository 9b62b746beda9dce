"""The stage under which the API answers: its logs, its traces, its limits (rows B7, B9, C4, E5)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.api_gateway_method_settings import (
    ApiGatewayMethodSettings,
    ApiGatewayMethodSettingsSettings,
)
from cdktf_cdktf_provider_aws.api_gateway_stage import (
    ApiGatewayStage,
    ApiGatewayStageAccessLogSettings,
)
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from pipeline.api.rest_api import RestApi
from pipeline.config import Environment

# Values that cannot have a quotation mark: API Gateway writes them as they are.
_ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "method": "$context.httpMethod",
    "resource": "$context.resourcePath",
    "status": "$context.status",
    "error": "$context.error.responseType",
    "latencyMilliseconds": "$context.responseLatency",
    "integrationLatencyMilliseconds": "$context.integrationLatency",
    "integrationStatus": "$context.integrationStatus",
    "responseBytes": "$context.responseLength",
    "sourceIp": "$context.identity.sourceIp",
    "caller": "$context.identity.userArn",
    "user": "$context.authorizer.claims.sub",
    "apiKeyId": "$context.identity.apiKeyId",
    "traceId": "$context.xrayTraceId",
}


@dataclass(frozen=True)
class StageProps:
    """What the stage is made of.

    Parameters
    ----------
    environment
        The configuration.
    api
        What it serves.
    name
        The stage's name.
    log_group
        Where every request leaves a line.
    """

    environment: Environment
    api: RestApi
    name: str
    log_group: str


class Stage(Construct):
    """A stage with its log groups, which exist first: those of API Gateway's own never expire.

    Attributes
    ----------
    name
        The stage's name, for what has to wait until it exists.
    invoke_url
        Where it answers.
    """

    def __init__(self, scope: Construct, construct_id: str, props: StageProps) -> None:
        super().__init__(scope, construct_id)
        api, environment = props.environment.api, props.environment
        days = environment.functions.log_retention_days
        access_log = CloudwatchLogGroup(
            self, "access-log", name=props.log_group, retention_in_days=days
        )
        # The name is prescribed ("Set up CloudWatch logging for REST APIs in API Gateway").
        execution_log = CloudwatchLogGroup(
            self,
            "execution-log",
            name=f"API-Gateway-Execution-Logs_{props.api.id}/{props.name}",
            retention_in_days=days,
        )
        stage = ApiGatewayStage(
            self,
            "stage",
            rest_api_id=props.api.id,
            stage_name=props.name,
            deployment_id=props.api.deployment_id,
            description="What clients call",
            xray_tracing_enabled=environment.functions.tracing,
            access_log_settings=ApiGatewayStageAccessLogSettings(
                destination_arn=access_log.arn,
                format=json.dumps(_ACCESS_LOG, separators=(",", ":")),
            ),
            depends_on=[execution_log],
        )
        ApiGatewayMethodSettings(
            self,
            "method-settings",
            rest_api_id=props.api.id,
            stage_name=stage.stage_name,
            method_path="*/*",
            settings=ApiGatewayMethodSettingsSettings(
                metrics_enabled=True,
                logging_level=api.log_level,
                data_trace_enabled=False,  # bodies and tokens are nobody's business
                throttling_burst_limit=api.burst_limit,
                throttling_rate_limit=api.rate_limit,
            ),
        )
        self.name: str = stage.stage_name
        self.invoke_url: str = stage.invoke_url
