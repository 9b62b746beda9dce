"""``aws_appautoscaling_target`` and ``aws_appautoscaling_policy``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import block, given
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ProviderError, ResourceType, State

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_SERVICE = "application-autoscaling"
_IDENTITY = frozenset({"resource_id", "scalable_dimension", "service_namespace"})
_TRACKING = "target_tracking_scaling_policy_configuration"


def _dimension(state: State) -> dict[str, str]:
    return {
        "ServiceNamespace": state["service_namespace"],
        "ResourceId": state["resource_id"],
        "ScalableDimension": state["scalable_dimension"],
    }


def _linked_role(aws: AwsSession, state: State) -> str:
    """Return the service-linked role that Application Auto Scaling uses for DynamoDB and others.

    Source: Application Auto Scaling User Guide, service-linked roles.
    """
    service = state["service_namespace"]
    suffix = {"dynamodb": "DynamoDBTable", "lambda": "LambdaConcurrency"}.get(service, service)
    return (
        f"arn:{aws.partition}:iam::{aws.account_id}:role/aws-service-role/{service}."
        f"application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_{suffix}"
    )


@resource
class AppautoscalingTarget(ResourceType):
    """What is scaled, and between which bounds; its id is the resource's."""

    type_name = "aws_appautoscaling_target"
    replace = _IDENTITY
    enums: ClassVar = {
        "scalable_dimension": (_SERVICE, "ScalableDimension"),
        "service_namespace": (_SERVICE, "ServiceNamespace"),
    }
    absent = frozenset({"ObjectNotFoundException"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Register the target."""
        self._register(aws, planned)
        return {"id": planned["resource_id"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Find the target."""
        targets = aws.client(_SERVICE).describe_scalable_targets(
            ServiceNamespace=state["service_namespace"],
            ResourceIds=[state["resource_id"]],
            ScalableDimension=state["scalable_dimension"],
        )["ScalableTargets"]
        if not targets:
            return None
        target = targets[0]
        return {
            "arn": target.get("ScalableTargetARN", ""),
            "min_capacity": target["MinCapacity"],
            "max_capacity": target["MaxCapacity"],
            # AWS answers with its service-linked role, whatever was asked for.
            "role_arn": state.get("role_arn") or target.get("RoleARN") or _linked_role(aws, state),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Register the target with other bounds."""
        del prior
        self._register(aws, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Deregister the target with its policies."""
        aws.client(_SERVICE).deregister_scalable_target(**_dimension(state))

    def import_state(self, aws: AwsSession, identifier: str) -> State:
        """Take ``<service>/<resource id>/<dimension>``; a resource id may have slashes."""
        del aws
        service, _, rest = identifier.partition("/")
        resource_id, _, dimension = rest.rpartition("/")
        return {
            "id": resource_id,
            "service_namespace": service,
            "resource_id": resource_id,
            "scalable_dimension": dimension,
        }

    def _register(self, aws: AwsSession, planned: State) -> None:
        suspended = block(planned, "suspended_state")
        aws.client(_SERVICE).register_scalable_target(
            **_dimension(planned),
            MinCapacity=int(planned["min_capacity"]),
            MaxCapacity=int(planned["max_capacity"]),
            **given(
                RoleARN=planned["role_arn"],
                SuspendedState=given(
                    DynamicScalingInSuspended=suspended.get("dynamic_scaling_in_suspended"),
                    DynamicScalingOutSuspended=suspended.get("dynamic_scaling_out_suspended"),
                    ScheduledScalingSuspended=suspended.get("scheduled_scaling_suspended"),
                ),
            ),
        )


def _tracking(policy: State) -> dict[str, Any]:
    tracking = block(policy, _TRACKING)
    predefined = block(tracking, "predefined_metric_specification")
    return given(
        TargetValue=float(tracking["target_value"]),
        DisableScaleIn=bool(tracking["disable_scale_in"]),
        ScaleInCooldown=tracking["scale_in_cooldown"],
        ScaleOutCooldown=tracking["scale_out_cooldown"],
        PredefinedMetricSpecification=given(
            PredefinedMetricType=predefined.get("predefined_metric_type"),
            ResourceLabel=predefined.get("resource_label"),
        ),
    )


def _read_tracking(configuration: dict[str, Any]) -> State:
    predefined = configuration.get("PredefinedMetricSpecification")
    return {
        "target_value": configuration["TargetValue"],
        "disable_scale_in": bool(configuration.get("DisableScaleIn")),
        "scale_in_cooldown": configuration.get("ScaleInCooldown"),
        "scale_out_cooldown": configuration.get("ScaleOutCooldown"),
        "predefined_metric_specification": (
            [
                {
                    "predefined_metric_type": predefined["PredefinedMetricType"],
                    "resource_label": predefined.get("ResourceLabel"),
                }
            ]
            if predefined
            else []
        ),
    }


@resource
class AppautoscalingPolicy(ResourceType):
    """A target-tracking policy; its name is its id."""

    type_name = "aws_appautoscaling_policy"
    replace = _IDENTITY | {"name"}
    defaults: ClassVar = {
        "policy_type": "StepScaling",
        f"{_TRACKING}.disable_scale_in": False,
    }
    absent = frozenset({"ObjectNotFoundException"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Put the policy."""
        answer = self._put(aws, planned)
        return {"id": planned["name"], "arn": answer["PolicyARN"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Find the policy."""
        policies = aws.client(_SERVICE).describe_scaling_policies(
            PolicyNames=[state["name"]],
            ServiceNamespace=state["service_namespace"],
            ResourceId=state["resource_id"],
            ScalableDimension=state["scalable_dimension"],
        )["ScalingPolicies"]
        if not policies:
            return None
        policy = policies[0]
        configuration = policy.get("TargetTrackingScalingPolicyConfiguration")
        return {
            "arn": policy["PolicyARN"],
            "alarm_arns": [alarm["AlarmARN"] for alarm in policy.get("Alarms") or []],
            "policy_type": policy["PolicyType"],
            _TRACKING: [_read_tracking(configuration)] if configuration else [],
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Put the policy anew."""
        del prior
        self._put(aws, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the policy with its alarms."""
        aws.client(_SERVICE).delete_scaling_policy(PolicyName=state["name"], **_dimension(state))

    def _put(self, aws: AwsSession, planned: State) -> dict[str, Any]:
        if not planned[_TRACKING] or not block(planned, _TRACKING).get(
            "predefined_metric_specification"
        ):
            raise ProviderError(
                "The embedded AWS knows only target tracking of a predefined metric: set"
                f" {_TRACKING} with a predefined_metric_specification.",
                _TRACKING,
            )
        return dict(
            aws.client(_SERVICE).put_scaling_policy(
                PolicyName=planned["name"],
                PolicyType=planned["policy_type"],
                **_dimension(planned),
                TargetTrackingScalingPolicyConfiguration=_tracking(planned),
            )
        )
