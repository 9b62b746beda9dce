"""The metrics of DynamoDB about requests that failed, and about replication.

Stands in for nothing of moto, whose tables have no metrics.

Source: DynamoDB Developer Guide, "DynamoDB metrics and dimensions". Those of failures have values
only when something failed, as on AWS. Capacity and the latency of requests are not measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.iam import gate
from embedded_aws.metrics.store import put

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

NAMESPACE = "AWS/DynamoDB"
THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
    }
)
WRITES = frozenset({"BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"})
CONDITIONAL = "ConditionalCheckFailedException"


def _observe(call: ApiCall, status: int, code: str) -> None:
    if call.service not in ("dynamodb", "dynamodbstreams") or status < 400:
        return
    if code in THROTTLED:
        _count(call, "ThrottledRequests", with_operation=True)
        kind = "Write" if call.operation in WRITES else "Read"
        _count(call, f"{kind}ThrottleEvents", with_operation=False)
    elif status >= 500:
        _count(call, "SystemErrors", with_operation=True)
    elif code == CONDITIONAL:
        _count(call, "ConditionalCheckFailedRequests", with_operation=False)
    else:
        put(call.region, NAMESPACE, [()], [("UserErrors", "Count", 1.0)])


def _count(call: ApiCall, metric: str, *, with_operation: bool) -> None:
    operation = (("Operation", call.operation),) if with_operation else ()
    put(
        call.region,
        NAMESPACE,
        [(("TableName", table), *operation) for table in _tables(call)],
        [(metric, "Count", 1.0)],
    )


def _tables(call: ApiCall) -> set[str]:
    """Return the names of the tables that a call is about."""
    body = call.parameters
    names = (
        {str(body["TableName"])} if body.get("TableName") else set(body.get("RequestItems") or ())
    )
    for item in body.get("TransactItems") or []:
        names |= {str(each["TableName"]) for each in item.values() if "TableName" in each}
    return {name.rpartition("/")[2] for name in names}  # an ARN may stand for a name


def replicated(table: Any, receiving_region: str, milliseconds: float) -> None:
    """Tell how long a change of a table took to another region."""
    dimensions = (("TableName", str(table.name)), ("ReceivingRegion", receiving_region))
    values = [("ReplicationLatency", "Milliseconds", milliseconds)]
    put(table.region_name, NAMESPACE, [dimensions], values)


def install() -> None:
    """Count from now on."""
    gate.observe(_observe)
