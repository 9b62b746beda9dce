"""Policies that would allow more, deny less, or could not be told before the apply.

All policies of one subject (a role, a bucket, a queue, a key, a function) are compared together, so
that one that moves from one resource to another is no change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from operations.review import naming
from operations.review.changes import Change
from operations.review.dangers.model import Danger, Landscape, danger
from operations.review.dangers.open_routes import unguarded
from operations.review.policies.exposure import is_public, is_wildcard, strangers
from operations.review.policies.patterns import covers
from operations.review.policies.statements import Condition, Element, Statement, statements
from operations.review.policies.widening import lost_denials, new_permissions
from operations.review.values import UNKNOWN

# Resource type -> the attribute with the policy.
_POLICIES = {
    "aws_iam_role_policy": "policy",
    "aws_iam_role": "assume_role_policy",
    "aws_iam_policy": "policy",
    "aws_iam_user_policy": "policy",
    "aws_iam_group_policy": "policy",
    "aws_s3_bucket_policy": "policy",
    "aws_sqs_queue_policy": "policy",
    "aws_sqs_queue": "policy",
    "aws_sns_topic_policy": "policy",
    "aws_sns_topic": "policy",
    "aws_kms_key": "policy",
    "aws_kms_replica_key": "policy",
    "aws_kms_key_policy": "policy",
    "aws_secretsmanager_secret_policy": "policy",
    "aws_dynamodb_resource_policy": "policy",
    "aws_cloudwatch_event_bus_policy": "policy",
    "aws_cloudwatch_log_resource_policy": "policy_document",
    "aws_api_gateway_rest_api": "policy",
    "aws_api_gateway_rest_api_policy": "policy",
    "aws_ecr_repository_policy": "policy",
    "aws_vpc_endpoint": "policy",
    "aws_backup_vault_policy": "policy",
}
_ATTACHMENTS = {
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_user_policy_attachment": "user",
    "aws_iam_group_policy_attachment": "group",
}
# Resource type -> the ARN of something of the own account by its name.
_ARNS = {
    "aws_cloudwatch_event_rule": "arn:aws*:events:{region}:{account}:rule/{name}",
    "aws_lambda_function": "arn:aws*:lambda:{region}:{account}:function:{name}",
    "aws_sqs_queue": "arn:aws*:sqs:{region}:{account}:{name}",
    "aws_sns_topic": "arn:aws*:sns:{region}:{account}:{name}",
    "aws_s3_bucket": "arn:aws*:s3:::{name}",
    "aws_sfn_state_machine": "arn:aws*:states:{region}:{account}:stateMachine:{name}",
    "aws_scheduler_schedule": "arn:aws*:scheduler:{region}:{account}:schedule/*/{name}",
}
_UNTOLD = "what it will allow cannot be told before the apply"


@dataclass
class _Subject:
    """What is known of one subject's policies, before and after."""

    change: Change
    before: list[Statement] = field(default_factory=list)
    after: list[Statement] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    is_new: bool = False
    is_changed: bool = False
    is_gone: bool = False


def find(landscape: Landscape) -> Iterator[Danger]:
    """Yield what the policies of all stacks allow more, or deny less, than now."""
    own = _new_sources(landscape)
    for subject in _subjects(landscape):
        if subject.is_changed and not subject.is_gone:
            yield from _judge(subject, own, landscape.account)
    for change in landscape.changes:
        if change.kind in _ATTACHMENTS and change.action in ("create", "replace"):
            policy = str(change.after.get("policy_arn"))
            everything = policy.endswith(("/AdministratorAccess", "/PowerUserAccess"))
            if everything or not landscape.is_new(change):
                what = f"the policy {policy} would be attached"
                why = "it may then do everything that the policy allows"
                yield danger("access", change, what, why, ["attached", policy])


def _judge(subject: _Subject, own: list[str], account: str) -> Iterator[Danger]:
    change = subject.change
    for attribute in () if subject.is_new else subject.unreadable:
        what = f"{attribute}: {UNKNOWN!r}"
        yield danger("access", change, what, _UNTOLD, ["unknown", attribute])
    after = [each for each in (_without_own_sources(one, own) for one in subject.after) if each]
    granted = new_permissions(subject.before, after)
    if change.kind == "aws_api_gateway_rest_api":
        body = change.after.get("body")
        granted = [left for each in granted if (left := unguarded(each, body))]
    open_ = [(each, is_public(each)) for each in granted]
    if subject.is_new:
        granted = [
            each
            for each in granted
            if is_public(each) or is_wildcard(each, account) or strangers(each, account)
        ]
    if granted:
        public = next((why for _, why in open_ if why), "")
        wild = next(filter(None, (is_wildcard(each, account) for each in granted)), "")
        others = [each for one in granted for each in strangers(one, account)]
        stranger = f"it lets in {', '.join(sorted(set(others)))}" if others else ""
        why = "; ".join(filter(None, (public, wild, stranger))) or _more(subject)
        texts = sorted(map(str, granted))
        what = "would newly " + "; ".join(each[:1].lower() + each[1:] for each in texts)
        yield danger("public" if public else "access", change, what, why, texts)
    lost = sorted(map(str, lost_denials(subject.before, subject.after)))
    if lost and not subject.unreadable:
        what = f"would not {'; '.join(each[:1].lower() + each[1:] for each in lost)} any more"
        why = "what was refused whatever else was allowed may now be allowed"
        yield danger("access", change, what, why, lost)


def _more(subject: _Subject) -> str:
    unconditional = [replace(each, conditions=()) for each in subject.before]
    if not new_permissions(unconditional, subject.after):
        return "a condition is missing or wider than it was"
    return "it is more than is allowed now"


def _subjects(landscape: Landscape) -> Iterable[_Subject]:
    found: dict[tuple[str, ...], _Subject] = {}
    for change in landscape.changes:
        for side in (change.before, change.after):
            key = _key(change, side)
            if key is None:
                continue
            subject = found.setdefault(key, _Subject(change))
            if change.action != "none" and not subject.is_changed:
                subject.change, subject.is_changed = change, True
            if side is change.before:
                subject.is_gone |= landscape.is_destroyed(change)
            else:
                subject.is_new |= landscape.is_new(change)
            _add(subject, change, side)
    return found.values()


def _key(change: Change, side: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return whom a policy is about."""
    attribute = _attribute(change)
    if not side or attribute is None or change.action == "forget":
        return None
    if attribute == "assume_role_policy":
        return "trust", change.name
    owner = naming.owner_of(change.kind, side if side is change.before else change.named)
    if owner is None:
        return change.kind, change.name, change.address, change.region
    return *owner, change.region


def _attribute(change: Change) -> str | None:
    is_permission = change.kind == "aws_lambda_permission"
    return "permission" if is_permission else _POLICIES.get(change.kind)


def _add(subject: _Subject, change: Change, side: Mapping[str, Any]) -> None:
    attribute = _attribute(change) or ""
    if attribute == "permission":
        read: list[Statement] | None = [_permission(side)]
    else:
        read = statements(side.get(attribute))
    if side is change.before:
        subject.before += read or []
    else:
        subject.after += read or []
        if change.action != "none" and read is None and change.sets(attribute):
            subject.unreadable.append(attribute)


def _permission(values: Mapping[str, Any]) -> Statement:
    principal = str(values.get("principal"))
    kind = "Service" if principal.endswith((".amazonaws.com", ".amazonaws.com.cn")) else "AWS"
    limits = {
        ("ArnLike", "aws:SourceArn"): "source_arn",
        ("StringEquals", "aws:SourceAccount"): "source_account",
        ("StringEquals", "aws:PrincipalOrgID"): "principal_org_id",
        ("StringEquals", "lambda:FunctionUrlAuthType"): "function_url_auth_type",
        ("StringEquals", "lambda:EventSourceToken"): "event_source_token",
    }
    conditions = [
        Condition(operator, key, (str(values[name]),))
        for (operator, key), name in limits.items()
        if values.get(name)
    ]
    return Statement(
        allows=True,
        actions=Element((str(values.get("action")),)),
        resources=Element((str(values.get("function_name")),)),
        principals=Element(("*" if principal == "*" else f"{kind}:{principal}",)),
        conditions=tuple(conditions),
    )


def _new_sources(landscape: Landscape) -> list[str]:
    return [
        _ARNS[each.kind].format(region=each.region, account=landscape.account, name=each.name)
        for each in landscape.made()
        if each.kind in _ARNS
    ]


def _without_own_sources(statement: Statement, own: list[str]) -> Statement | None:
    """Leave out what a service may do for a source that is made by the same deploy.

    A new rule must be let into the queue that is its target: this is the rule's own permission, not
    a wider one of anybody who is there.
    """
    principals = statement.principals
    if principals is None or not all(each.startswith("Service:") for each in principals.values):
        return statement
    conditions = []
    for each in statement.conditions:
        ties = each.key.lower() == "aws:sourcearn" and "not" not in each.operator.lower()
        left = tuple(v for v in each.values if not (ties and any(covers(one, v) for one in own)))
        if not left:
            return None
        conditions.append(replace(each, values=left))
    return replace(statement, conditions=tuple(conditions))
