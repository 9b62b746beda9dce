"""ARNs of Lambda that the provider makes itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


def invoke_arn(aws: AwsSession, function_arn: str) -> str:
    """Return the ARN by which API Gateway calls a function, version or alias."""
    return (
        f"arn:{aws.partition}:apigateway:{aws.region}:lambda:path/2015-03-31/functions/"
        f"{function_arn}/invocations"
    )


def function_name(name_or_arn: str) -> str:
    """Return the bare name of a function that is given by its name or ARN."""
    return name_or_arn.split(":")[6] if name_or_arn.startswith("arn:") else name_or_arn
