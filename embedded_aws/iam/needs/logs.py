"""What CloudWatch Logs' operations need.

AWS judges nearly all of them on `log-group:NAME:log-stream:STREAM`, with an empty stream for what
concerns the group, so policies name `log-group:NAME:*`; tags alone go by `log-group:NAME`.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .need import Need, arn

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

ON_NOTHING = {
    "DescribeDestinations",
    "DescribeQueryDefinitions",
    "DescribeResourcePolicies",
    "PutResourcePolicy",
    "DeleteResourcePolicy",
    "CreateLogDelivery",
    "GetLogDelivery",
    "UpdateLogDelivery",
    "DeleteLogDelivery",
    "ListLogDeliveries",
    "GetQueryResults",
    "StopQuery",
    "DescribeQueries",
}


def needs(call: ApiCall) -> list[Need]:
    """Give the permissions that a CloudWatch Logs call needs."""
    body, operation = call.parameters, call.operation
    action = f"logs:{operation}"
    if operation in ON_NOTHING:
        return [Need(action)]
    if body.get("resourceArn"):
        return [Need(action, body["resourceArn"].removesuffix(":*"))]
    group = body.get("logGroupName") or body.get("logGroupNamePrefix") or ""
    named = body.get("logGroupIdentifier") or body.get("logGroupArn")
    if operation == "StartQuery":
        names = body.get("logGroupNames") or [group]
        return [Need(action, arn("logs", call.region, f"log-group:{n}:log-stream:")) for n in names]
    if named:
        group = named.partition(":log-group:")[2].removesuffix(":*") if ":" in named else named
    if operation.endswith("TagsLogGroup") or operation in {"TagLogGroup", "UntagLogGroup"}:
        return [Need(action, arn("logs", call.region, f"log-group:{group}"))]
    stream = body.get("logStreamName", "")
    return [Need(action, arn("logs", call.region, f"log-group:{group}:log-stream:{stream}"))]
