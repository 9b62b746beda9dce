"""Errors in the words of Terraform and of AWS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, ParamValidationError
from tf.gen import tfplugin_pb2 as pb

from embedded_aws.provider.resource_type import ProviderError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from embedded_aws.provider.schema_typescript import Block

# "Value '3' at 'memorySize' failed to satisfy constraint" and "Unknown parameter in input: "X"".
_NAMED_PARAMETER = re.compile(r"at '(\w+)' failed|parameter (?:in input: )?\"?(\w+)\"?")


# What is answered for a region that is down; HeadBucket's answer has nothing but the number.
_UNAVAILABLE = frozenset({"ServiceUnavailable", "503"})


def describe(
    error: Exception, action: str, block: Block | None = None, region: str = ""
) -> ProviderError:
    """Return what went wrong as one sentence for Terraform's user.

    Parameters
    ----------
    error
        What a resource type raised.
    action
        What was being done, such as ``"creating aws_sqs_queue"``.
    block
        Schema of the type, to find the attribute that AWS's message names.
    region
        Region that was asked.
    """
    if isinstance(error, ProviderError):
        return error
    if isinstance(error, ClientError):
        return _refused(error, action, block, region)
    if isinstance(error, HTTPClientError):
        return _no_answer(action, region, str(error))
    if isinstance(error, ParamValidationError):
        text = " ".join(str(error).split())
        return ProviderError(f"{action}: {text}", _attribute(text, block))
    if isinstance(error, BotoCoreError | OSError | ValueError):
        return ProviderError(f"{action}: {error}")
    return ProviderError(
        f"{action}: the embedded AWS provider failed with {type(error).__name__}: {error}. "
        "Report this with the configuration of the resource."
    )


def _refused(error: ClientError, action: str, block: Block | None, region: str) -> ProviderError:
    answer = error.response.get("Error", {})
    code, message = answer.get("Code", "Unknown"), answer.get("Message", "")
    if code in _UNAVAILABLE:
        return _no_answer(action, region, f"{code}: {message}")
    if "NotImplementedError" in message:
        # What moto raises for an operation that it knows by name only.
        return ProviderError(
            f"{action}: the embedded AWS does not have {error.operation_name}. AWS does: leave "
            "this change out here, or let Terraform make the resource anew with -replace."
        )
    return ProviderError(
        f"{action}: operation {error.operation_name}: {code}: {message}",
        _attribute(message, block),
    )


def _no_answer(action: str, region: str, reason: str) -> ProviderError:
    return ProviderError(
        f"{action}: {region or 'AWS'} does not answer. Run Terraform again when it is back; stacks "
        f"that need nothing of it can be applied meanwhile. ({reason})"
    )


def error_diagnostic(error: ProviderError) -> Any:
    """Return an error as Terraform's protocol has it."""
    return pb.Diagnostic(
        severity=pb.Diagnostic.ERROR,
        summary=error.summary,
        detail=error.detail,
        attribute=attribute_path(error.attribute.split(".")) if error.attribute else None,
    )


def attribute_path(steps: Iterable[str | int]) -> Any:
    """Return a path such as ``rule.0.filter`` as Terraform's protocol has it."""
    return pb.AttributePath(
        steps=[
            pb.AttributePath.Step(element_key_int=int(step))
            if isinstance(step, int) or step.isdigit()
            else pb.AttributePath.Step(attribute_name=step)
            for step in steps
        ]
    )


def _attribute(message: str, block: Block | None) -> str:
    """Return the attribute of a top-level parameter that AWS's message names, if there is one."""
    found = _NAMED_PARAMETER.search(message)
    if found is None or block is None:
        return ""
    name = re.sub(r"(?<!^)([A-Z])", r"_\1", found.group(1) or found.group(2)).lower()
    return name if name in block["attributes"] else ""
