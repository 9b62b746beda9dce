"""``aws_lambda_permission``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import given
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.lambda_arns import function_name

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


def _target(state: State) -> dict[str, Any]:
    return given(FunctionName=state["function_name"], Qualifier=state["qualifier"])


def _condition(statement: dict[str, Any], key: str) -> str | None:
    """Return the value of a condition key, whatever its operator and spelling."""
    for conditions in (statement.get("Condition") or {}).values():
        for name, value in conditions.items():
            if name.lower() == key.lower():
                return value[0] if isinstance(value, list) else str(value)
    return None


def _principal(statement: dict[str, Any]) -> str:
    principal = statement["Principal"]
    if isinstance(principal, str):
        return principal
    return str(principal.get("Service") or principal.get("AWS"))


@resource
class LambdaPermission(ResourceType):
    """One statement of a function's resource-based policy."""

    type_name = "aws_lambda_permission"
    replace = frozenset(
        {
            "action",
            "event_source_token",
            "function_name",
            "function_url_auth_type",
            "principal",
            "principal_org_id",
            "qualifier",
            "source_account",
            "source_arn",
            "statement_id",
            "statement_id_prefix",
        }
    )
    enums: ClassVar = {"function_url_auth_type": ("lambda", "FunctionUrlAuthType")}
    conflicts = (frozenset({"statement_id", "statement_id_prefix"}),)
    absent = frozenset({"ResourceNotFoundException"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Add the statement."""
        statement_id = planned["statement_id"] or aws.unique_name(planned["statement_id_prefix"])
        aws.client("lambda").add_permission(
            **_target(planned),
            **given(
                StatementId=statement_id,
                Action=planned["action"],
                Principal=planned["principal"],
                SourceArn=planned["source_arn"],
                SourceAccount=planned["source_account"],
                EventSourceToken=planned["event_source_token"],
                FunctionUrlAuthType=planned["function_url_auth_type"],
                PrincipalOrgID=planned["principal_org_id"],
            ),
        )
        return {
            "id": statement_id,
            "statement_id": statement_id,
            "statement_id_prefix": planned["statement_id_prefix"] or "",
        }

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Find the statement in the policy."""
        answer = aws.client("lambda").get_policy(**_target(state))
        statements = json.loads(answer["Policy"])["Statement"]
        statement = next((one for one in statements if one.get("Sid") == state["id"]), None)
        if statement is None:
            return None
        principal = _principal(statement)
        # AWS turns an account id into the ARN of its root: the same principal is no change.
        if str(state.get("principal")) in principal.split(":"):
            principal = state["principal"]
        return {
            "action": statement["Action"],
            "principal": principal,
            "source_arn": _condition(statement, "AWS:SourceArn"),
            "source_account": _condition(statement, "AWS:SourceAccount"),
            "statement_id": state["id"],
            "statement_id_prefix": state.get("statement_id_prefix") or "",
        }

    def delete(self, aws: AwsSession, state: State) -> None:
        """Remove the statement."""
        aws.client("lambda").remove_permission(**_target(state), StatementId=state["id"])

    def import_state(self, aws: AwsSession, identifier: str) -> State:
        """Take ``<function name or ARN>[:<qualifier>]/<statement id>``."""
        del aws
        function, _, statement_id = identifier.rpartition("/")
        name = function_name(function)
        bare, _, qualifier = name.partition(":")
        return {
            "id": statement_id,
            "statement_id": statement_id,
            "function_name": bare,
            "qualifier": qualifier or None,
        }
