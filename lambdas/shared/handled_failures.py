"""Invocations that end well for Lambda, and not for what they were called for.

An answer of 5XX, or messages that go back to their queue, are no errors to Lambda, which counts
none of them. Whoever compares versions of a function (a release) has to hear of them.
"""

import os

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

METRIC = "HandledFailures"


def report_handled_failure(namespace: str, service: str) -> None:
    """Publish that this invocation did not do all that it was called for.

    Parameters
    ----------
    namespace, service : str
        Of the metric, whose dimensions are ``service`` and ``version``: that of this function, as
        the runtime tells it in ``AWS_LAMBDA_FUNCTION_VERSION`` ("Using Lambda environment
        variables", AWS Lambda Developer Guide).
    """
    metrics = EphemeralMetrics(namespace=namespace, service=service)
    version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
    metrics.add_dimension(name="version", value=version)
    metrics.add_metric(name=METRIC, unit=MetricUnit.Count, value=1)
    metrics.flush_metrics()
