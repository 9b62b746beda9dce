"""What a single statement opens too far, also when it is new: everybody, everything, strangers."""

from __future__ import annotations

from operations.review.policies.patterns import covers
from operations.review.policies.statements import Condition, Statement

# AWS global condition context keys that tie a request to an account or to one of its resources.
_TYING = (
    *("aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid"),
    *("aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths"),
    *("aws:sourcevpc", "aws:sourcevpce", "aws:sourceip", "kms:calleraccount", "aws:userid"),
    *("sts:externalid", "lambda:functionurlauthtype"),
)
# Service Authorization Reference: actions of no single resource, which take "*" only, by service.
_WITHOUT_RESOURCE = (
    *("cloudwatch:putmetricdata", "cloudwatch:get*", "cloudwatch:list*", "xray:*"),
    *("dynamodb:liststreams", "dynamodb:listtables", "dynamodb:describelimits"),
    *("ec2:describe*", "ec2:createnetworkinterface", "ec2:deletenetworkinterface"),
    *("ec2:assignprivateipaddresses", "ec2:unassignprivateipaddresses"),
    *("logs:describeloggroups", "logs:*logdelivery", "logs:listlogdeliveries"),
    *("logs:describeresourcepolicies", "logs:putresourcepolicy"),
    *("kms:listkeys", "kms:listaliases", "s3:listallmybuckets", "sqs:listqueues", "sns:listtopics"),
    *("lambda:listfunctions", "lambda:listeventsourcemappings", "lambda:getaccountsettings"),
    *("sts:getcalleridentity", "tag:get*", "ce:get*", "states:liststatemachines"),
    *("events:listrules", "iam:list*", "iam:getaccountsummary", "cognito-idp:listuserpools"),
)
# Where a service acts for whoever set it up, a statement has to say for whom: IAM User Guide, "The
# confused deputy problem". Trust and key policies of a service's own roles and keys need it less.
_CALLING_SERVICES = ("lambda:", "sqs:", "sns:", "s3:", "events:", "execute-api:")


def is_public(statement: Statement) -> str:
    """Return why everybody may do what a statement allows; nothing if not everybody may."""
    if not statement.allows or statement.principals is None or _is_tied(statement.conditions):
        return ""
    if "*" in statement.principals.values or statement.principals.negated:
        return "everybody, in every account, may do it"
    services = [each for each in statement.principals.values if each.startswith("Service:")]
    calls = any(each.startswith(_CALLING_SERVICES) for each in statement.actions.lowered)
    if services and calls and "sts:assumerole" not in statement.actions.lowered:
        service = services[0].removeprefix("Service:")
        return f"{service} may do it for anybody: no condition says for which account or source"
    return ""


def is_wildcard(statement: Statement, account: str) -> str:
    """Return why a statement allows more than anybody can list; nothing if it does not.

    Parameters
    ----------
    statement
        One that allows.
    account
        The own account, which may have everything: IAM then decides ("Default key policy", AWS
        KMS Developer Guide).
    """
    if not statement.allows:
        return ""
    if statement.principals is not None and statement.principals.values == (f"AWS:{account}",):
        return ""
    if statement.actions.negated or any(_is_whole(each) for each in statement.actions.lowered):
        return "it allows every action of a service"
    if statement.principals is None and statement.resources is not None:
        named = [each for each in statement.actions.lowered if not _has_no_resource(each)]
        if named and (statement.resources.negated or "*" in statement.resources.values):
            return f"it allows {', '.join(named)} on everything"
    return ""


def strangers(statement: Statement, account: str) -> list[str]:
    """Return the other accounts that a statement lets in."""
    if not statement.allows or statement.principals is None:
        return []
    given = (each.removeprefix("AWS:") for each in statement.principals.values if _is_aws(each))
    return [each for each in given if account not in (each, *each.split(":")[4:5])]


def _is_aws(principal: str) -> bool:
    return principal.startswith("AWS:")


def _is_tied(conditions: tuple[Condition, ...]) -> bool:
    return any(
        each.key.lower() in _TYING
        and "not" not in each.operator.lower()
        and not each.operator.lower().endswith("ifexists")
        and not any(covers(value, "*") for value in each.values)
        and (each.key.lower(), each.values) != ("lambda:functionurlauthtype", ("NONE",))
        and not (each.key.lower() == "aws:sourceip" and "0.0.0.0/0" in each.values)
        for each in conditions
    )


def _is_whole(action: str) -> bool:
    return action == "*" or action.endswith(":*")


def _has_no_resource(action: str) -> bool:
    return any(covers(each, action) for each in _WITHOUT_RESOURCE)
