"""Policies of a plan: of one subject together, with what the same deploy makes, and when new."""

from typing import Any

import pytest

from operations.review.changes import read_plan
from operations.review.dangers import find
from tests.operations.review.planned import (
    ACCOUNT,
    REGION,
    Values,
    allow,
    changed,
    dangers,
    kinds,
    plan_of,
    policy,
    resource,
)

EVENTS = {"Service": "events.amazonaws.com"}
LAMBDA = {"Service": "lambda.amazonaws.com"}
READ = allow("s3:GetObject", "arn:aws:s3:::data/*")
WRITE = allow("s3:PutObject", "arn:aws:s3:::data/*")
TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
PERMISSION = {
    "function_name": "f",
    "action": "lambda:InvokeFunction",
    "principal": "s3.amazonaws.com",
    "source_arn": "arn:aws:s3:::b",
    "source_account": ACCOUNT,
}


def role_policy(*statements: Values, name: str = "one", role: str = "r") -> Values:
    return {"name": name, "role": role, "policy": policy(*statements)}


def rule_arn(name: str) -> str:
    return f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{name}"


def queue_policy(*rules: str) -> Values:
    condition = {"ArnEquals": {"aws:SourceArn": [rule_arn(each) for each in rules]}}
    sent = allow("sqs:SendMessage", "q", Principal=EVENTS, Condition=condition)
    return {"queue_url": "https://sqs/q", "policy": policy(sent), "region": REGION}


def new_rule(name: str) -> Values:
    return resource("aws_cloudwatch_event_rule", None, {"name": name, "region": REGION}, name=name)


@pytest.mark.parametrize(
    ("kind", "attribute", "subject"),
    [
        ("aws_iam_role_policy", "policy", {"role": "r"}),
        ("aws_iam_policy", "policy", {"name": "p"}),
        ("aws_s3_bucket_policy", "policy", {"bucket": "b"}),
        ("aws_sqs_queue_policy", "policy", {"queue_url": "q"}),
        ("aws_sns_topic_policy", "policy", {"arn": "t"}),
        ("aws_kms_key", "policy", {}),
        ("aws_kms_replica_key", "policy", {}),
        ("aws_dynamodb_resource_policy", "policy", {"resource_arn": "t"}),
        ("aws_secretsmanager_secret_policy", "policy", {"secret_arn": "s"}),
        ("aws_iam_role", "assume_role_policy", {"name": "r"}),
    ],
)
def test_a_wider_policy_is_found_wherever_it_is(kind: str, attribute: str, subject: Values) -> None:
    """R-F7: roles, trust, buckets, queues, topics, keys, tables, secrets; narrower is harmless."""
    one = {**subject, attribute: policy(READ)}
    two = {attribute: policy(READ, WRITE)}

    assert kinds(changed(kind, one, **two)) == ["access"]
    assert kinds(changed(kind, {**one, **two}, **one)) == []


def test_a_statement_that_moves_to_another_policy_of_the_role_is_no_change() -> None:
    """R-F7: the policies of one subject are compared together."""
    moved = [
        resource("aws_iam_role_policy", role_policy(READ, WRITE), role_policy(READ), name="one"),
        resource("aws_iam_role_policy", None, role_policy(WRITE, name="two"), name="two"),
    ]
    added = resource("aws_iam_role_policy", None, role_policy(WRITE, name="two"), name="two")
    kept = resource("aws_iam_role_policy", role_policy(READ), role_policy(READ), name="one")

    assert kinds(*moved) == []
    assert kinds(kept, added) == ["access"]


def test_a_role_under_another_address_is_compared_with_itself() -> None:
    """R-F7: without a moved block, it is destroyed and made with the same name."""
    role = {"name": "r", "assume_role_policy": policy(allow("sts:AssumeRole", Principal=LAMBDA))}
    other = {**role, "assume_role_policy": policy(allow("sts:AssumeRole", Principal=EVENTS))}
    gone = resource("aws_iam_role", role, None, name="old")

    assert kinds(gone, resource("aws_iam_role", None, role, name="new")) == []
    assert kinds(gone, resource("aws_iam_role", None, other, name="new")) == ["access"]


def test_a_new_role_may_do_what_it_is_made_for() -> None:
    """R-F7: a first deploy raises no alarm about its own policies."""
    trust = policy(allow("sts:AssumeRole", Principal=LAMBDA))
    role = resource("aws_iam_role", None, {"name": "r", "assume_role_policy": trust})
    metrics = allow("cloudwatch:PutMetricData", "*")

    assert kinds(role, resource("aws_iam_role_policy", None, role_policy(READ, metrics))) == []


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (allow("*", "arn:aws:s3:::data"), "every action of a service"),
        (allow("s3:*", "arn:aws:s3:::data"), "every action of a service"),
        (allow("s3:GetObject", "*"), "s3:getobject on everything"),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "x"}, "every action of a service"),
    ],
)
def test_a_new_role_that_may_do_everything_is_found(statement: Values, why: str) -> None:
    """R-F7: a wildcard is dangerous also when it is new."""
    role = resource("aws_iam_role", None, {"name": "r"})

    (found,) = dangers(role, resource("aws_iam_role_policy", None, role_policy(statement)))

    assert found.kind == "access"
    assert why in found.why


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        (allow("s3:GetObject", "*", Principal="*"), "public"),
        (allow("s3:GetObject", "*", Principal={"AWS": "*"}), "public"),
        (
            allow(
                "s3:GetObject", "*", Principal="*", Condition={"Bool": {"aws:ViaX": "true"}}
            ),
            "public",
        ),
        (
            allow(
                "s3:GetObject", "*", Principal="*", Condition={"StringLike": {"aws:SourceArn": "*"}}
            ),
            "public",
        ),
        (allow("s3:PutObject", "*", Principal={"Service": "logging.s3.amazonaws.com"}), "public"),
        (allow("s3:GetObject", "*", Principal={"AWS": "444455556666"}), "access"),
        (
            allow(
                "s3:GetObject", "*", Principal="*",
                Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}},
            ),
            None,
        ),
        (allow("s3:GetObject", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), None),
        (TLS, None),
    ],
)  # fmt: skip
def test_a_new_bucket_that_is_open_is_found(statement: Values, kind: str | None) -> None:
    """R-F7: to everybody, to a service for anybody, to another account."""
    bucket = resource("aws_s3_bucket", None, {"bucket": "b", "region": REGION})
    given = {"bucket": "b", "policy": policy(statement), "region": REGION}

    assert kinds(bucket, resource("aws_s3_bucket_policy", None, given)) == ([kind] if kind else [])


def test_a_denial_that_goes_with_its_policy_is_found_unless_the_bucket_goes() -> None:
    """R-F7: without it, requests without TLS are answered."""
    given = {"bucket": "b", "policy": policy(TLS), "region": REGION}
    gone = resource("aws_s3_bucket_policy", given, None)
    bucket = resource("aws_s3_bucket", {"bucket": "b", "region": REGION}, None)

    assert kinds(gone) == ["access"]
    assert kinds(gone, bucket) == ["state"]


def test_a_rule_of_the_same_deploy_may_be_let_into_its_queue() -> None:
    """R-F7: a new dataset raises no alarm; a rule that nobody made does."""
    widened = changed("aws_sqs_queue_policy", queue_policy("a"), **queue_policy("a", "b"))

    assert kinds(widened, new_rule("b")) == []
    assert kinds(widened, new_rule("c")) == ["access"]
    assert kinds(widened) == ["access"]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"source_arn": None}, "access"),
        ({"source_arn": None, "source_account": None}, "public"),
        ({"principal": "*", "source_arn": None, "source_account": None}, "public"),
        ({"source_arn": "arn:aws:s3:::other"}, "access"),
        ({"statement_id": "another"}, None),
    ],
)
def test_a_wider_permission_to_invoke_is_found(change: Values, kind: str | None) -> None:
    """R-F7: permissions of a function are compared like statements."""
    after = {**PERMISSION, **change}
    planned = resource("aws_lambda_permission", PERMISSION, after, actions=["delete", "create"])

    assert kinds(planned) == ([kind] if kind else [])


def test_a_permission_of_a_new_function_is_its_own() -> None:
    """R-F7: of one that is there, it is a wider access."""
    made = resource("aws_lambda_permission", None, {**PERMISSION, "region": REGION})
    new = resource("aws_lambda_function", None, {"function_name": "f", "region": REGION})

    assert kinds(new, made) == []
    assert kinds(made) == ["access"]


@pytest.mark.parametrize(
    ("policy_arn", "is_new", "found"),
    [
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", False, ["access"]),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", True, []),
        ("arn:aws:iam::aws:policy/AdministratorAccess", True, ["access"]),
    ],
)
def test_an_attached_policy_widens_a_role(policy_arn: str, is_new: bool, found: list[str]) -> None:
    """R-F7: what it allows is not in the plan, so it is named."""
    given = {"role": "r", "policy_arn": policy_arn}
    role: dict[str, Any] = {"name": "r"}

    planned = resource("aws_iam_role", None if is_new else role, role)

    assert kinds(planned, resource("aws_iam_role_policy_attachment", None, given)) == found


def test_a_missing_condition_is_named_as_the_reason() -> None:
    """R-F7: the permission is the same, only for more requests."""
    before, after = queue_policy("a"), queue_policy("a")
    after["policy"] = policy(allow("sqs:SendMessage", "q", Principal=EVENTS))

    (found,) = dangers(changed("aws_sqs_queue_policy", before, **after))

    assert found.kind == "public"
    assert "no condition says for which account or source" in found.why


def test_the_view_that_a_queue_has_of_its_policy_hides_no_lost_denial() -> None:
    """R-F7: it still shows what is there before the apply."""
    denied = {"queue_url": "https://sqs/q", "policy": policy(TLS), "region": REGION}
    queue = {"name": "q", "policy": policy(TLS), "region": REGION}
    content = plan_of(
        resource("aws_sqs_queue", queue, queue),
        changed("aws_sqs_queue_policy", denied, policy=policy()),
    )
    del content["configuration"]["root_module"]["resources"][0]["expressions"]["policy"]

    found = find(read_plan("primary", content).changes, ACCOUNT)

    assert [each.kind for each in found] == ["access"]


def test_a_function_may_be_started_by_what_the_same_deploy_makes() -> None:
    """R-F7: a permission for nothing but a new rule widens nothing."""
    given = {
        "function_name": "f",
        "action": "lambda:InvokeFunction",
        "principal": "events.amazonaws.com",
        "source_arn": rule_arn("a"),
        "region": REGION,
    }
    permission = resource("aws_lambda_permission", None, given)

    assert kinds(permission, new_rule("a")) == []
    assert kinds(permission, new_rule("b")) == ["access"]


def test_a_new_key_may_be_administered_by_its_account() -> None:
    """R-F7: AWS's default key policy; IAM decides in the account. Another account is a stranger."""
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    other = {"AWS": "arn:aws:iam::444455556666:root"}
    key, open_key = (
        resource("aws_kms_key", None, {"policy": policy(allow("kms:*", "*", Principal=who))})
        for who in (root, other)
    )

    assert kinds(key) == []
    assert kinds(open_key) == ["access"]


def test_the_view_that_a_queue_has_of_its_policy_is_not_another_policy() -> None:
    """R-F7: AWS shows the policy in the queue as well."""
    text = queue_policy("a")["policy"]
    queue = {"name": "q", "policy": text, "region": REGION}
    planned = resource("aws_sqs_queue", queue, {**queue, "visibility_timeout_seconds": 1})
    gone = changed("aws_sqs_queue_policy", queue_policy("a", "b"), **queue_policy("a"))

    assert kinds(planned, gone) == []
