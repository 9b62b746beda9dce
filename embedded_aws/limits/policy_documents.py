"""Policies that are no policies are refused when they are put, with each service's own code.

Whatever is let in here, `embedded_aws.iam.policy.parse` can judge later.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedded_aws.iam.policy import listed, parse

from .limit import limit, refuse

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

GRAMMAR = "IAM/latest/UserGuide/reference_policies_grammar.html"
VERSIONS = ("2008-10-17", "2012-10-17")


@dataclass(frozen=True)
class Kind:
    """Which of the elements Principal and Resource a kind of policy has."""

    principal: bool
    resource: bool


IDENTITY = Kind(principal=False, resource=True)
TRUST = Kind(principal=True, resource=False)
RESOURCE = Kind(principal=True, resource=True)


def problem(text: str, kind: Kind) -> str | None:
    """Return what is wrong with a policy document, None when nothing is.

    Parameters
    ----------
    text
        The document as it was sent.
    kind
        `IDENTITY`, `TRUST` or `RESOURCE`.
    """
    try:
        document = json.loads(text)
    except ValueError:
        return "This policy contains invalid Json"
    if not isinstance(document, dict) or document.get("Version", VERSIONS[0]) not in VERSIONS:
        return "Syntax errors in policy."
    statements = listed(document.get("Statement", []))
    if not statements or not all(isinstance(statement, dict) for statement in statements):
        return "Syntax errors in policy."
    for statement in statements:
        found = _problem_of(statement, kind)
        if found:
            return found
    try:
        parse(text)
    except (ValueError, TypeError, AttributeError) as wrong:
        return str(wrong)
    return None


def _problem_of(statement: dict[str, Any], kind: Kind) -> str | None:
    if statement.get("Effect") not in ("Allow", "Deny"):
        return f"Invalid effect: {statement.get('Effect')}"
    if ("Action" in statement) == ("NotAction" in statement):
        return "Policy statement must contain actions."
    for name, wanted in (("Principal", kind.principal), ("Resource", kind.resource)):
        given = [member for member in (name, f"Not{name}") if member in statement]
        if given and not wanted:
            return f"Has prohibited field {given[0]}"
        if wanted and len(given) != 1:
            return f"Missing required field {name}"
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if not all(isinstance(value, str) and value for value in listed(statement.get(name, "*"))):
            return f"Syntax errors in policy: {name} must be text, or a list of texts."
    return None


def _check(text: str | None, kind: Kind, code: str, message: str = "") -> None:
    found = problem(text, kind) if text else None
    if found:
        refuse(code, message or found)


@limit("iam", "CreateRole", "UpdateAssumeRolePolicy", source=GRAMMAR)
def trust_policy(call: ApiCall) -> None:
    """Refuse a trust policy without statements, principals or actions."""
    body = call.parameters
    text = body.get("AssumeRolePolicyDocument") or body.get("PolicyDocument")
    _check(text, TRUST, "MalformedPolicyDocument")


@limit(
    "iam",
    "CreatePolicy",
    "CreatePolicyVersion",
    "PutGroupPolicy",
    "PutRolePolicy",
    "PutUserPolicy",
    source=GRAMMAR,
)
def identity_policy(call: ApiCall) -> None:
    """Refuse an identity policy without statements, actions or resources."""
    _check(call.parameters.get("PolicyDocument"), IDENTITY, "MalformedPolicyDocument")


@limit("s3", "PutBucketPolicy", source="AmazonS3/latest/API/API_PutBucketPolicy.html")
def bucket_policy(call: ApiCall) -> None:
    """Refuse a bucket policy without statements, principals, actions or resources."""
    _check(call.body.decode(errors="replace"), RESOURCE, "MalformedPolicy")


@limit(
    "sqs",
    "CreateQueue",
    "SetQueueAttributes",
    source="AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
)
def queue_policy(call: ApiCall) -> None:
    """Refuse a queue policy without statements, principals, actions or resources."""
    text = (call.parameters.get("Attributes") or {}).get("Policy")
    message = "Invalid value for the parameter Policy."
    _check(text, RESOURCE, "InvalidAttributeValue", message)


@limit("sns", "SetTopicAttributes", source="sns/latest/api/API_SetTopicAttributes.html")
def topic_policy(call: ApiCall) -> None:
    """Refuse a topic policy without statements, principals, actions or resources."""
    body = call.parameters
    if body.get("AttributeName") == "Policy":
        message = "Invalid parameter: Policy Error: null"
        _check(body.get("AttributeValue"), RESOURCE, "InvalidParameter", message)


@limit("kms", "CreateKey", "PutKeyPolicy", source="kms/latest/APIReference/API_PutKeyPolicy.html")
def key_policy(call: ApiCall) -> None:
    """Refuse a key policy without statements, principals, actions or resources."""
    _check(call.parameters.get("Policy"), RESOURCE, "MalformedPolicyDocumentException")
