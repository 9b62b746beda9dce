"""``aws_lambda_alias``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.provider.attributes import block
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.lambda_arns import function_name, invoke_arn
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


def _arguments(alias: State) -> dict[str, Any]:
    weights = block(alias, "routing_config").get("additional_version_weights") or {}
    return {
        "FunctionName": alias["function_name"],
        "Name": alias["name"],
        "FunctionVersion": alias["function_version"],
        "Description": alias["description"] or "",
        "RoutingConfig": {"AdditionalVersionWeights": weights},
    }


@resource
class LambdaAlias(ResourceType):
    """A name for a version of a function, or for two with weights."""

    type_name = "aws_lambda_alias"
    replace = frozenset({"function_name", "name"})
    absent = frozenset({"ResourceNotFoundException"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the alias."""
        created = aws.client("lambda").create_alias(**_arguments(planned))
        return {"id": created["AliasArn"], "arn": created["AliasArn"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read where the alias points to."""
        # The id is the alias' ARN: it has both names.
        *_, function, name = state["id"].split(":")
        alias = aws.client("lambda").get_alias(FunctionName=function, Name=name)
        weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights")
        return {
            "arn": alias["AliasArn"],
            "name": alias["Name"],
            "function_name": state.get("function_name") or function,
            "function_version": alias["FunctionVersion"],
            "description": text(state, "description", alias.get("Description")),
            "invoke_arn": invoke_arn(aws, alias["AliasArn"]),
            "routing_config": [{"additional_version_weights": weights}] if weights else [],
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Point the alias elsewhere."""
        del prior
        aws.client("lambda").update_alias(**_arguments(planned))

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the alias."""
        aws.client("lambda").delete_alias(FunctionName=state["function_name"], Name=state["name"])

    def import_state(self, aws: AwsSession, identifier: str) -> State:
        """Take ``<function name>/<alias>``."""
        function, _, name = identifier.rpartition("/")
        bare = function_name(function)
        arn = f"arn:{aws.partition}:lambda:{aws.region}:{aws.account_id}:function:{bare}:{name}"
        return {"id": arn, "function_name": bare, "name": name}
