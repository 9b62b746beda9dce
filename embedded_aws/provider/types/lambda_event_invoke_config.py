"""``aws_lambda_function_event_invoke_config``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import block, given
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.unset import unless_default

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_LONGEST_EVENT_AGE_SECONDS = 21_600


def _target(state: State) -> dict[str, Any]:
    return given(FunctionName=state["function_name"], Qualifier=state["qualifier"])


def _settings(config: State) -> dict[str, Any]:
    destinations = block(config, "destination_config")
    return given(
        MaximumEventAgeInSeconds=config["maximum_event_age_in_seconds"],
        MaximumRetryAttempts=config["maximum_retry_attempts"],
        DestinationConfig={
            argument: {"Destination": block(destinations, name)["destination"]}
            for name, argument in (("on_failure", "OnFailure"), ("on_success", "OnSuccess"))
            if block(destinations, name)
        },
    )


def _destination(answer: dict[str, Any], argument: str) -> list[State]:
    target = ((answer.get("DestinationConfig") or {}).get(argument) or {}).get("Destination")
    return [{"destination": target}] if target else []


@resource
class LambdaFunctionEventInvokeConfig(ResourceType):
    """Retries and destinations of a function's asynchronous invocations."""

    type_name = "aws_lambda_function_event_invoke_config"
    replace = frozenset({"function_name", "qualifier"})
    defaults: ClassVar = {"maximum_retry_attempts": 2}
    absent = frozenset({"ResourceNotFoundException"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Put the configuration."""
        client = aws.client("lambda")
        client.put_function_event_invoke_config(**_target(planned), **_settings(planned))
        name, qualifier = planned["function_name"], planned["qualifier"]
        return {"id": f"{name}:{qualifier}" if qualifier else name}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the configuration."""
        answer = aws.client("lambda").get_function_event_invoke_config(**_target(state))
        failure, success = _destination(answer, "OnFailure"), _destination(answer, "OnSuccess")
        there = bool(failure or success)
        return {
            "maximum_event_age_in_seconds": unless_default(
                state,
                "maximum_event_age_in_seconds",
                answer.get("MaximumEventAgeInSeconds"),
                _LONGEST_EVENT_AGE_SECONDS,
            ),
            "maximum_retry_attempts": answer.get("MaximumRetryAttempts", 2),
            "destination_config": (
                [{"on_failure": failure, "on_success": success}] if there else []
            ),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Put the configuration anew, so that nothing of the old one stays."""
        client = aws.client("lambda")
        client.delete_function_event_invoke_config(**_target(prior))
        client.put_function_event_invoke_config(**_target(planned), **_settings(planned))

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the configuration."""
        aws.client("lambda").delete_function_event_invoke_config(**_target(state))

    def import_state(self, aws: AwsSession, identifier: str) -> State:
        """Take ``<function name or ARN>[:<qualifier>]``."""
        del aws
        parts = identifier.split(":")
        own = 7 if identifier.startswith("arn:") else 1
        return {
            "id": identifier,
            "function_name": ":".join(parts[:own]),
            "qualifier": ":".join(parts[own:]) or None,
        }
