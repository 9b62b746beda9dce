"""``aws_cloudwatch_event_target``: where a rule of EventBridge sends its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import block, given
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ProviderError, ResourceType, State
from embedded_aws.provider.types.cloudwatch_event_rule import DEFAULT_BUS
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_OTHER_TARGETS = (
    "appsync_target",
    "batch_target",
    "ecs_target",
    "redshift_target",
    "run_command_targets",
    "sagemaker_pipeline_target",
)


def _transformer(target: State) -> dict[str, Any]:
    transformer = block(target, "input_transformer")
    return given(
        InputPathsMap=transformer.get("input_paths"),
        InputTemplate=transformer.get("input_template"),
    )


def _retry(target: State) -> dict[str, Any]:
    policy = block(target, "retry_policy")
    return given(
        MaximumEventAgeInSeconds=policy.get("maximum_event_age_in_seconds"),
        MaximumRetryAttempts=policy.get("maximum_retry_attempts"),
    )


def _http(target: State) -> dict[str, Any]:
    http = block(target, "http_target")
    return given(
        HeaderParameters=http.get("header_parameters"),
        PathParameterValues=http.get("path_parameter_values"),
        QueryStringParameters=http.get("query_string_parameters"),
    )


def _target(target: State, identifier: str) -> dict[str, Any]:
    return given(
        Id=identifier,
        Arn=target["arn"],
        RoleArn=target["role_arn"],
        Input=target["input"],
        InputPath=target["input_path"],
        InputTransformer=_transformer(target),
        RetryPolicy=_retry(target),
        DeadLetterConfig=given(Arn=block(target, "dead_letter_config").get("arn")),
        SqsParameters=given(MessageGroupId=block(target, "sqs_target").get("message_group_id")),
        HttpParameters=_http(target),
        KinesisParameters=given(
            PartitionKeyPath=block(target, "kinesis_target").get("partition_key_path")
        ),
    )


def _read_transformer(found: dict[str, Any]) -> list[State]:
    transformer = found.get("InputTransformer")
    if not transformer:
        return []
    return [
        {
            "input_paths": transformer.get("InputPathsMap") or None,
            "input_template": transformer["InputTemplate"],
        }
    ]


def _read_retry(found: dict[str, Any]) -> list[State]:
    policy = found.get("RetryPolicy")
    if not policy:
        return []
    return [
        {
            "maximum_event_age_in_seconds": policy.get("MaximumEventAgeInSeconds"),
            "maximum_retry_attempts": policy.get("MaximumRetryAttempts"),
        }
    ]


def _read_http(found: dict[str, Any]) -> list[State]:
    http = found.get("HttpParameters")
    if not http:
        return []
    return [
        {
            "header_parameters": http.get("HeaderParameters") or None,
            "path_parameter_values": http.get("PathParameterValues") or None,
            "query_string_parameters": http.get("QueryStringParameters") or None,
        }
    ]


def _read_one(found: dict[str, Any], argument: str, name: str, attribute: str) -> list[State]:
    value = (found.get(argument) or {}).get(name)
    return [{attribute: value}] if value else []


@resource
class CloudwatchEventTarget(ResourceType):
    """One target of a rule."""

    type_name = "aws_cloudwatch_event_target"
    replace = frozenset({"rule", "event_bus_name", "target_id"})
    defaults: ClassVar = {"event_bus_name": DEFAULT_BUS, "force_destroy": False}
    conflicts = (frozenset({"input", "input_path", "input_transformer"}),)
    absent = frozenset({"ResourceNotFoundException"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Put the target."""
        identifier = planned["target_id"] or aws.unique_name()
        self._put(aws, planned, identifier)
        rule, bus = planned["rule"], planned["event_bus_name"]
        parts = [rule, identifier] if bus == DEFAULT_BUS else [bus, rule, identifier]
        return {"id": "-".join(parts), "target_id": identifier}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Find the target among those of its rule."""
        pages = aws.client("events").get_paginator("list_targets_by_rule")
        targets = (
            target
            for page in pages.paginate(Rule=state["rule"], EventBusName=state["event_bus_name"])
            for target in page["Targets"]
        )
        found = next((one for one in targets if one["Id"] == state["target_id"]), None)
        if found is None:
            return None
        return {
            "arn": found["Arn"],
            "role_arn": text(state, "role_arn", found.get("RoleArn")),
            "input": text(state, "input", found.get("Input")),
            "input_path": text(state, "input_path", found.get("InputPath")),
            "input_transformer": _read_transformer(found),
            "retry_policy": _read_retry(found),
            "http_target": _read_http(found),
            "dead_letter_config": _read_one(found, "DeadLetterConfig", "Arn", "arn"),
            "sqs_target": _read_one(found, "SqsParameters", "MessageGroupId", "message_group_id"),
            "kinesis_target": _read_one(
                found, "KinesisParameters", "PartitionKeyPath", "partition_key_path"
            ),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Put the target anew under its id."""
        self._put(aws, planned, prior["target_id"])

    def delete(self, aws: AwsSession, state: State) -> None:
        """Remove the target from its rule."""
        aws.client("events").remove_targets(
            Rule=state["rule"],
            EventBusName=state["event_bus_name"],
            Ids=[state["target_id"]],
            **given(Force=state["force_destroy"] or None),
        )

    def import_state(self, aws: AwsSession, identifier: str) -> State:
        """Take ``[<event bus>/]<rule>/<target id>``."""
        del aws
        *bus, rule, target = identifier.split("/")
        name = "/".join(bus) or DEFAULT_BUS
        parts = [rule, target] if name == DEFAULT_BUS else [name, rule, target]
        return {
            "id": "-".join(parts),
            "event_bus_name": name,
            "rule": rule,
            "target_id": target,
        }

    def _put(self, aws: AwsSession, planned: State, identifier: str) -> None:
        unknown_kind = next((name for name in _OTHER_TARGETS if planned[name]), None)
        if unknown_kind:
            raise ProviderError(
                f"The embedded AWS cannot send events to a {unknown_kind}: use a queue, a"
                " function, a stream, a log group or another bus.",
                unknown_kind,
            )
        answer = aws.client("events").put_targets(
            Rule=planned["rule"],
            EventBusName=planned["event_bus_name"],
            Targets=[_target(planned, identifier)],
        )
        for failure in answer.get("FailedEntries") or []:
            raise ProviderError(
                f"EventBridge refused target {identifier} of rule {planned['rule']}:"
                f" {failure.get('ErrorMessage') or failure.get('ErrorCode')}",
                "arn",
            )
