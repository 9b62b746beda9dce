"""What the operations of smaller or rarely used services need.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends
from moto.secretsmanager.models import secretsmanager_backends

from embedded_aws.state import RUN

from .encryption import DATA_KEY, DECRYPT, key_needs
from .need import Need, arn, texts
from .passing import pass_role

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

ALARM_LISTS = {"DescribeAlarms", "DescribeAlarmHistory"}
SECRET_READS = {"GetSecretValue", "BatchGetSecretValue"}
SECRET_WRITES = {"PutSecretValue", "CreateSecret", "UpdateSecret"}


def secret_needs(call: ApiCall) -> list[Need]:
    """Give the permissions that a Secrets Manager call needs."""
    body, operation = call.parameters, call.operation
    name = body.get("SecretId") or body.get("Name")
    if not name:
        return [Need(f"secretsmanager:{operation}")]
    secret = find_secret(str(name), call.region)
    named = (
        name
        if str(name).startswith("arn:")
        else arn("secretsmanager", call.region, f"secret:{name}")
    )
    keys = texts(
        **{
            "secretsmanager:secretid": name,
            "secretsmanager:versionstage": body.get("VersionStage"),
            "secretsmanager:versionid": body.get("VersionId"),
        }
    )
    resource = str(secret.arn) if secret is not None else str(named)
    found = [Need(f"secretsmanager:{operation}", resource, lambda: keys)]
    key = body.get("KmsKeyId") or (secret.kms_key_id if secret is not None else None)
    if operation in SECRET_READS:
        found += key_needs(key, call.region, "secretsmanager", DECRYPT)
    elif operation in SECRET_WRITES:
        found += key_needs(key, call.region, "secretsmanager", DATA_KEY, DECRYPT)
    return found


def find_secret(name: str, region: str) -> Any | None:
    """Find moto's secret by name, ARN or partial ARN."""
    return secretsmanager_backends[RUN.account][region].secrets.get(name)


def metric_needs(call: ApiCall) -> list[Need]:
    """Give the permissions that a CloudWatch call needs."""
    body, operation = call.parameters, call.operation
    action = f"cloudwatch:{operation}"
    if operation == "PutMetricData":
        keys = texts(**{"cloudwatch:namespace": body.get("Namespace")})
        return [Need(action, "*", lambda: keys)]
    if "Dashboard" in operation and operation != "ListDashboards":
        names = body.get("DashboardNames") or [body.get("DashboardName", "")]
        return [Need(action, f"arn:aws:cloudwatch::{RUN.account}:dashboard/{n}") for n in names]
    if operation == "PutCompositeAlarm":  # "permission that is scoped to *"
        return [Need(action)]
    if operation in ALARM_LISTS:
        return [Need(action, arn("cloudwatch", call.region, "alarm:*"))]
    if "Alarm" in operation:
        names = body.get("AlarmNames") or [body.get("AlarmName", "*")]
        return [Need(action, arn("cloudwatch", call.region, f"alarm:{n}")) for n in names]
    return [Need(action, body.get("ResourceARN") or "*")]


def token_needs(call: ApiCall) -> list[Need]:
    """Give the permissions that an STS call needs; asking who one is needs none."""
    if call.operation in {"GetCallerIdentity", "GetSessionToken"}:
        return []
    keys = texts(
        **{
            "sts:externalid": call.parameters.get("ExternalId"),
            "sts:rolesessionname": call.parameters.get("RoleSessionName"),
        }
    )
    return [Need(f"sts:{call.operation}", call.parameters.get("RoleArn") or "*", lambda: keys)]


def identity_needs(call: ApiCall) -> list[Need]:
    """Give the permissions that an IAM call needs."""
    body = call.parameters
    action = f"iam:{call.operation}"
    keys = texts(
        **{
            "iam:policyarn": body.get("PolicyArn"),
            "iam:permissionsboundary": body.get("PermissionsBoundary"),
        }
    )
    for member, kind in (
        ("RoleName", "role"),
        ("UserName", "user"),
        ("GroupName", "group"),
        ("InstanceProfileName", "instance-profile"),
    ):
        if body.get(member):
            name = body[member]
            role = iam_backends[RUN.account]["aws"].roles
            held = next((r for r in role.values() if r.name == name), None)
            path = held.path if kind == "role" and held is not None else body.get("Path") or "/"
            return [Need(action, f"arn:aws:iam::{RUN.account}:{kind}{path}{name}", lambda: keys)]
    if body.get("PolicyName"):
        path = body.get("Path") or "/"
        resource = f"arn:aws:iam::{RUN.account}:policy{path}{body['PolicyName']}"
        return [Need(action, resource, lambda: keys)]
    return [Need(action, body.get("PolicyArn") or "*", lambda: keys)]


def gateway_needs(call: ApiCall) -> list[Need]:
    """Give the permissions that an API Gateway call needs: a verb on a path."""
    return [
        Need(
            f"apigateway:{call.request.method}",
            f"arn:aws:apigateway:{call.region}::{call.request.path}",
        )
    ]


def scheduler_needs(call: ApiCall) -> list[Need]:
    """Give the permissions that an EventBridge Scheduler call needs."""
    body = call.parameters
    group = body.get("GroupName") or "default"
    name = body.get("Name")
    resource = arn("scheduler", call.region, f"schedule/{group}/{name}") if name else "*"
    role = (body.get("Target") or {}).get("RoleArn")
    return [
        Need(f"scheduler:{call.operation}", resource),
        *pass_role(role, "scheduler.amazonaws.com"),
    ]


def route_needs(call: ApiCall) -> list[Need]:
    """Give the permissions that a Route 53 call needs."""
    labels = {**call.uri}
    zone = str(labels.get("HostedZoneId") or labels.get("Id") or "").rpartition("/")[2]
    if "HealthCheck" in call.operation:
        check = labels.get("HealthCheckId")
        resource = f"arn:aws:route53:::healthcheck/{check}" if check else "*"
    elif call.operation == "GetChange":
        resource = f"arn:aws:route53:::change/{zone}"
    else:
        resource = f"arn:aws:route53:::hostedzone/{zone}" if zone else "*"
    return [Need(f"route53:{call.operation}", resource)]
