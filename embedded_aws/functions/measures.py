"""What Lambda counts: the metrics of `AWS/Lambda`, for the function, its alias and its version.

Source: Lambda Developer Guide, "Types of metrics for Lambda functions" and "Viewing metrics for
Lambda functions". A value is stamped when the invocation ends, on AWS when it begins: the periods
of alarms may be compressed to less than an invocation takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.awslambda.models import lambda_backends

from embedded_aws.metrics.store import put
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from embedded_aws.metrics.store import Dimensions

NAMESPACE = "AWS/Lambda"


def _dimension_sets(function: Any, arn: str) -> list[Dimensions]:
    """Return under what the invocation of an ARN is counted.

    `ExecutedVersion` comes with an alias that has weighted versions.
    """
    name = str(function.function_name)
    parts = arn.split(":")
    qualifier = parts[7] if len(parts) > 7 else ""
    of_function = ("FunctionName", name)
    resource = ("Resource", f"{name}:{qualifier}" if qualifier else name)
    found: list[Dimensions] = [(), (of_function,), (of_function, resource)]
    if qualifier and _is_weighted(function.region, ":".join(parts[:7]), qualifier):
        found.append((of_function, resource, ("ExecutedVersion", str(function.version))))
    return found


def _is_weighted(region: str, function_arn: str, qualifier: str) -> bool:
    aliases = lambda_backends[RUN.account][region]._lambdas._aliases.get(function_arn, {})
    routing = getattr(aliases.get(qualifier), "routing_config", None) or {}
    return bool(routing.get("AdditionalVersionWeights"))


def invoked(function: Any, arn: str, *, failed: bool, milliseconds: float) -> None:
    """Count an invocation that came to its end."""
    values = [
        ("Invocations", "Count", 1.0),
        ("Errors", "Count", float(failed)),
        ("Throttles", "Count", 0.0),
        ("Duration", "Milliseconds", milliseconds),
    ]
    put(function.region, NAMESPACE, _dimension_sets(function, arn), values)


def count(function: Any, arn: str, metric: str, value: float = 1.0, unit: str = "Count") -> None:
    """Add a value to one metric of a function.

    Parameters
    ----------
    function
        moto's `LambdaFunction`.
    arn
        The ARN that was invoked; without it the function itself.
    metric, value, unit
        For example `Throttles`, 1 and `Count`.
    """
    put(function.region, NAMESPACE, _dimension_sets(function, arn), [(metric, unit, value)])


def running(function: Any, of_function: int, of_region: int) -> None:
    """Tell how many invocations of a function, and of all in its region, are under way."""
    name = "ConcurrentExecutions"
    dimensions = [(("FunctionName", str(function.function_name)),)]
    put(function.region, NAMESPACE, dimensions, [(name, "Count", float(of_function))])
    put(function.region, NAMESPACE, [()], [(name, "Count", float(of_region))])
