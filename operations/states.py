"""What the Terraform states of an environment say before Terraform is asked."""

from __future__ import annotations

import json
from typing import Any

import boto3
from botocore.exceptions import ClientError

from operations.bootstrap import workspace_key
from operations.errors import OperationError
from pipeline.config import Environment
from pipeline.layout import stack_homes
from pipeline.naming import Names

_REGIONAL = ("primary", "secondary")
_MISSING = ("NoSuchBucket", "NoSuchKey", "404")

Resource = tuple[str, dict[str, Any]]
"""Type and attributes of what Terraform has made."""


def plannable_stacks(environment: Environment) -> tuple[list[str], list[str]]:
    """Return the stacks that can be planned, and those that look up what is not made yet.

    A plan reads what the configuration looks up in other stacks by name. The regional stacks look
    up tables, the API's key and its users in ``foundation``; with a domain ``edge`` looks up the
    regional stacks' APIs.

    Raises
    ------
    OperationError
        When the environment has no states yet.
    """
    stacks = list(stack_homes(environment))
    waiting: set[str] = set()
    if not _has_what_regions_look_up(environment, _resources(environment, "foundation")):
        waiting |= {*_REGIONAL}
    if environment.api.domain is not None:
        made = [_resources(environment, stack) for stack in _REGIONAL]
        if not all(any(kind == "aws_api_gateway_rest_api" for kind, _ in each) for each in made):
            waiting |= {"edge"}
    return (
        [stack for stack in stacks if stack not in waiting],
        [stack for stack in stacks if stack in waiting],
    )


def _has_what_regions_look_up(environment: Environment, foundation: list[Resource]) -> bool:
    api, names = environment.api, Names(environment)
    if not foundation:
        return False
    if api.enabled and api.api_key:
        of_key = f":secret:{names.api_key()}-"  # Secrets Manager ends an ARN in six characters
        if not any(
            kind == "aws_secretsmanager_secret_version" and of_key in made["secret_id"]
            for kind, made in foundation
        ):
            return False
    if api.enabled and api.authorization == "cognito":
        pools = [made for kind, made in foundation if kind == "aws_cognito_user_pool"]
        named = [made for made in pools if made["name"] == names.user_pool()]
        return len(named) == len(_REGIONAL)
    return True


def _resources(environment: Environment, stack: str) -> list[Resource]:
    home, names = stack_homes(environment)[stack], Names(environment)
    key = workspace_key(environment, names, stack)
    s3 = boto3.client("s3", region_name=home)
    try:
        found = s3.get_object(Bucket=names.state_bucket(home), Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _MISSING:
            raise
        name = environment.environment
        raise OperationError(
            f"the environment {name} has no Terraform states yet: run `make bootstrap ENV={name}`"
        ) from error
    state = json.load(found["Body"])
    return [
        (resource["type"], instance["attributes"])
        for resource in state["resources"]
        if resource["mode"] == "managed"
        for instance in resource["instances"]
    ]
