"""What the Terraform states of an environment say before Terraform is asked."""

from __future__ import annotations

import json

import boto3
from botocore.exceptions import ClientError

from operations.bootstrap import workspace_key
from operations.errors import OperationError
from pipeline.config import Environment
from pipeline.layout import stack_homes
from pipeline.naming import Names

_LOOK_UP_TABLES = ("primary", "secondary")
_MISSING = ("NoSuchBucket", "NoSuchKey", "404")


def plannable_stacks(environment: Environment) -> tuple[list[str], list[str]]:
    """Return the stacks that can be planned, and those whose tables do not exist yet.

    Raises
    ------
    OperationError
        When the environment has no states yet.
    """
    stacks = list(stack_homes(environment))
    if _has_resources(environment, "foundation"):
        return stacks, []
    waiting = [stack for stack in stacks if stack in _LOOK_UP_TABLES]
    return [stack for stack in stacks if stack not in waiting], waiting


def _has_resources(environment: Environment, stack: str) -> bool:
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
    return bool(state["resources"])
