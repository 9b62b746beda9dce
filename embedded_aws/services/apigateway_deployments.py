"""A deployment is a snapshot of its API, and stays while a stage points to it.

Stands in for `moto.apigateway.models.APIGatewayBackend.create_deployment` and
`RestAPI.delete_deployment`, which keep a name and a date only and make stages anew,
`APIGatewayResponse.create_deployment`, which drops canary settings, and for
`RestAPI.update_integration_mocks`, which serves moto's decorators.

Source: API Gateway Developer Guide, "Deploy REST APIs in API Gateway".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.apigateway.exceptions import (
    BadRequestException,
    DeploymentNotFoundException,
    NoIntegrationDefined,
)
from moto.apigateway.models import APIGatewayBackend, RestAPI
from moto.apigateway.responses import APIGatewayResponse

from embedded_aws.gateway.deployed import snapshot
from embedded_aws.services.apigateway_stages import new_canary, percentage
from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.apigateway.models import Deployment, Stage


def deployments_of(stage: Stage) -> set[str]:
    """Return the ids of the deployments that a stage and its canary answer with."""
    canary = stage.canary_settings or {}
    return {str(found) for found in (stage.deployment_id, canary.get("deploymentId")) if found}


def _create_deployment(
    original: Callable[..., Deployment],
    backend: APIGatewayBackend,
    function_id: str,
    name: str | None = None,
    description: str = "",
    stage_variables: dict[str, str] | None = None,
) -> Deployment:
    for resource in backend.get_resources(function_id):
        for method in resource.resource_methods.values():
            if method.method_integration is None:
                raise NoIntegrationDefined
    taken = snapshot(backend.get_rest_api(function_id))
    deployment = original(backend, function_id, None, description)
    deployment.deployed = taken
    if name:
        _let_answer(backend, function_id, name, deployment, stage_variables or {})
    return deployment


def _let_answer(
    backend: APIGatewayBackend,
    api_id: str,
    name: str,
    deployment: Deployment,
    variables: dict[str, str],
) -> None:
    """Let a stage, which is made when it is missing, answer with a deployment."""
    stage = backend.get_rest_api(api_id).stages.get(name)
    if stage is None:
        backend.create_stage(api_id, name, deployment.id, variables=variables)
        return
    stage.deployment_id = deployment.id
    stage.variables = {**stage.variables, **variables}


def _respond_create(original: Callable[..., Any], response: Any) -> Any:
    """Answer CreateDeployment; a canary release leaves the stage with the deployment it has."""
    wanted, name = response._get_param("canarySettings"), response._get_param("stageName")
    stages = response.backend.get_rest_api(response.path.split("/")[2]).stages
    before = stages[name].deployment_id if name in stages else None
    share = percentage((wanted or {}).get("percentTraffic", 0.0))
    status, headers, body = original(response)
    if wanted and name in stages:
        stage, deployment_id = stages[name], json.loads(body)["id"]
        stage.canary_settings = {
            **new_canary(deployment_id),
            **wanted,
            "percentTraffic": share,
            "deploymentId": deployment_id,
        }
        stage.deployment_id = before or deployment_id
    return status, headers, body


def _get_deployment(
    _original: Callable[..., Deployment], api: RestAPI, deployment_id: str
) -> Deployment:
    if deployment_id not in api.deployments:
        raise DeploymentNotFoundException
    return api.deployments[deployment_id]


def _delete_deployment(
    _original: Callable[..., Deployment], api: RestAPI, deployment_id: str
) -> Deployment:
    deployment = api.get_deployment(deployment_id)
    if any(deployment_id in deployments_of(stage) for stage in api.stages.values()):
        message = "Active stages pointing to this deployment must be moved or deleted"
        raise BadRequestException(message)
    del api.deployments[deployment_id]
    return deployment


def _update_deployment(response: Any) -> str:
    """Answer UpdateDeployment, which moto does not have: only the description can change."""
    _, _, api_id, _, deployment_id = response.path.split("/")[:5]
    deployment = response.backend.get_deployment(api_id, deployment_id)
    for operation in response._get_param("patchOperations") or []:
        if operation["path"] != "/description":
            message = f"Invalid patch path {operation['path']}"
            raise BadRequestException(message)
        deployment.description = operation.get("value") or ""
    return str(response.get_deployment())


def _no_mocks(_original: Callable[..., None], _api: RestAPI, _stage: str) -> None:
    """Leave the outgoing requests of this process alone."""


def install() -> None:
    """Let deployments hold what they deploy."""
    stand_in(APIGatewayBackend, "create_deployment", _create_deployment)
    stand_in(APIGatewayResponse, "create_deployment", _respond_create)
    stand_in(RestAPI, "get_deployment", _get_deployment)
    stand_in(RestAPI, "delete_deployment", _delete_deployment)
    stand_in(RestAPI, "update_integration_mocks", _no_mocks)
    APIGatewayResponse.update_deployment = _update_deployment
