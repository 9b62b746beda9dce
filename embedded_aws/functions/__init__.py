"""Functions that really run, and everything that invokes them.

Stands in for what moto does with Docker in `moto.awslambda`: `LambdaFunction._invoke_lambda`,
`LambdaFunction.invoke`, `LambdaResponse.invoke`, and the pushing of event source mappings.
"""

from __future__ import annotations

from embedded_aws.functions import (
    aliases,
    asynchronous,
    code_objects,
    configuration,
    event_invoke_configs,
    invocation,
    logs,
    mappings,
    permissions,
    pool,
)


def install() -> None:
    """Put the function runtime into moto and start its background threads."""
    pool.start()
    logs.start()
    asynchronous.start()
    aliases.install()
    code_objects.install()
    configuration.install()
    event_invoke_configs.install()
    invocation.install()
    mappings.install()
    permissions.install()


def close() -> None:
    """Stop the mappings and asynchronous work, and end every sandbox."""
    mappings.close()
    asynchronous.close()
    pool.close()
    logs.close()


def invoke_asynchronously(function_arn: str, payload: str) -> None:
    """Queue an event for a function, as AWS services do (`InvocationType` Event).

    Parameters
    ----------
    function_arn
        ARN of a function, a version or an alias.
    payload
        The event as a JSON document.
    """
    asynchronous.submit(function_arn, payload)
