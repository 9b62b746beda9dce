"""The policy evaluator, on the examples and rules of the IAM user guide (R-A11, R-F2)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from embedded_aws.iam.policy import Document, Effect, Request, evaluate_identity, parse
from embedded_aws.iam.resource_policy import evaluate_resource_policy, evaluate_same_account

ALLOWED, DENIED, IMPLICIT = Effect.ALLOWED, Effect.EXPLICIT_DENY, Effect.IMPLICIT_DENY
SESSION = "arn:aws:sts::111122223333:assumed-role/reader/session"
BUCKET = "arn:aws:s3:::amzn-example"


def document(*statements: dict[str, Any]) -> Document:
    return parse(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def allow(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def judged(statements: list[dict[str, Any]], action: str, resource: str, **context: Any) -> Effect:
    keys = {key.replace("__", ":"): values for key, values in context.items()}
    return evaluate_identity([document(*statements)], Request(action, resource, keys)).effect


QUEUE = "arn:aws:sqs:us-east-1:111122223333:work"


@pytest.mark.parametrize(
    ("statements", "action", "resource", "effect"),
    [
        pytest.param([], "s3:GetObject", BUCKET, IMPLICIT, id="nothing said is denied"),
        pytest.param([allow()], "s3:GetObject", BUCKET, ALLOWED, id="allowed"),
        pytest.param([allow(), deny()], "s3:GetObject", BUCKET, DENIED, id="deny wins"),
        pytest.param([deny(), allow()], "s3:GetObject", BUCKET, DENIED, id="deny wins when first"),
        pytest.param([allow("S3:getobject")], "s3:GetObject", BUCKET, ALLOWED, id="any case"),
        pytest.param([allow("s3:Get*")], "s3:GetObjectVersion", BUCKET, ALLOWED, id="action *"),
        pytest.param([allow("s3:Get?bject")], "s3:GetObject", BUCKET, ALLOWED, id="action ?"),
        pytest.param([allow("s3:Get")], "s3:GetObject", BUCKET, IMPLICIT, id="no prefix match"),
        pytest.param(
            [allow(resource=f"{BUCKET}/*")], "s3:GetObject", BUCKET, IMPLICIT, id="not the bucket"
        ),
        pytest.param(
            [allow(resource=f"{BUCKET}/*")], "s3:GetObject", f"{BUCKET}/a/b:c", ALLOWED,
            id="keys with slash and colon",
        ),
        pytest.param(
            [allow("sqs:*", "arn:aws:sqs:*:work")], "sqs:SendMessage", QUEUE, IMPLICIT,
            id="a wildcard stays in its segment",
        ),
        pytest.param(
            [allow("sqs:*", "arn:aws:sqs:*:*:work")], "sqs:SendMessage", QUEUE, ALLOWED,
            id="a wildcard per segment",
        ),
        pytest.param(
            [allow("sqs:*", "arn:aws:sqs:us-*")], "sqs:SendMessage", QUEUE, ALLOWED,
            id="a last * goes on over colons",
        ),
        pytest.param(
            [allow("sqs:*", QUEUE.upper())], "sqs:SendMessage", QUEUE, IMPLICIT,
            id="resources have a case",
        ),
        pytest.param(
            [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], "s3:GetObject", BUCKET,
            ALLOWED, id="NotAction lets the others",
        ),
        pytest.param(
            [{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], "s3:GetObject", BUCKET,
            IMPLICIT, id="NotAction leaves out",
        ),
        pytest.param(
            [allow(), {"Effect": "Deny", "Action": "*", "NotResource": [f"{BUCKET}/*"]}],
            "s3:GetObject", f"{BUCKET}/a", ALLOWED, id="NotResource spares",
        ),
        pytest.param(
            [allow(), {"Effect": "Deny", "Action": "*", "NotResource": [f"{BUCKET}/*"]}],
            "s3:GetObject", "arn:aws:s3:::other/a", DENIED, id="NotResource denies the rest",
        ),
    ],
)  # fmt: skip
def test_effect_action_and_resource_decide(
    statements: list[dict[str, Any]], action: str, resource: str, effect: Effect
) -> None:
    assert judged(statements, action, resource) is effect


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"StringEquals": {"k": "a"}}, {"k": ["a"]}, True),
        ({"StringEquals": {"K": ["b", "a"]}}, {"k": ["a"]}, True),
        ({"StringEquals": {"k": "a"}}, {"k": ["A"]}, False),
        ({"StringEquals": {"k": "a"}}, {}, False),
        ({"StringEqualsIfExists": {"k": "a"}}, {}, True),
        ({"StringEqualsIfExists": {"k": "a"}}, {"k": ["b"]}, False),
        ({"StringNotEquals": {"k": "a"}}, {}, True),
        ({"StringNotEquals": {"k": ["a", "b"]}}, {"k": ["b"]}, False),
        ({"StringEqualsIgnoreCase": {"k": "a"}}, {"k": ["A"]}, True),
        ({"StringLike": {"k": "a*z?"}}, {"k": ["abczd"]}, True),
        ({"StringNotLike": {"k": "a*"}}, {"k": ["abc"]}, False),
        ({"NumericLessThanEquals": {"k": "10"}}, {"k": ["10"]}, True),
        ({"NumericLessThan": {"k": 10}}, {"k": ["9.5"]}, True),
        ({"NumericGreaterThan": {"k": "10"}}, {"k": ["nothing"]}, False),
        ({"NumericNotEquals": {"k": "10"}}, {"k": ["11"]}, True),
        ({"DateGreaterThan": {"k": "2020-04-01T00:00:00Z"}}, {"k": ["2026-01-01T00:00:00Z"]}, True),
        ({"DateLessThan": {"k": "2020-04-01"}}, {"k": ["1600000000"]}, False),
        ({"Bool": {"k": "true"}}, {"k": ["true"]}, True),
        ({"Bool": {"k": False}}, {"k": ["true"]}, False),
        ({"BinaryEquals": {"k": "QmluYXJ5"}}, {"k": ["QmluYXJ5"]}, True),
        ({"IpAddress": {"k": "203.0.113.0/24"}}, {"k": ["203.0.113.9"]}, True),
        (
            {"NotIpAddress": {"k": ["203.0.113.0/24", "2001:db8::/32"]}},
            {"k": ["2001:db8::1"]},
            False,
        ),
        ({"ArnLike": {"k": "arn:aws:s3:::b*"}}, {"k": ["arn:aws:s3:::bucket"]}, True),
        ({"ArnEquals": {"k": "arn:aws:sns:*:1:t"}}, {"k": ["arn:aws:sns:us-east-1:1:t"]}, True),
        ({"ArnNotLike": {"k": "arn:aws:s3:::b*"}}, {"k": ["arn:aws:s3:::other"]}, True),
        ({"Null": {"k": "true"}}, {}, True),
        ({"Null": {"k": "false"}}, {"k": ["x"]}, True),
        ({"Null": {"k": "true"}}, {"k": ["x"]}, False),
        ({"ForAllValues:StringEquals": {"k": ["a", "b"]}}, {"k": ["a", "b"]}, True),
        ({"ForAllValues:StringEquals": {"k": ["a", "b"]}}, {"k": ["a", "c"]}, False),
        ({"ForAllValues:StringEquals": {"k": ["a"]}}, {}, True),
        ({"ForAnyValue:StringEquals": {"k": ["a"]}}, {"k": ["b", "a"]}, True),
        ({"ForAnyValue:StringEquals": {"k": ["a"]}}, {}, False),
        ({"ForAnyValue:StringNotEquals": {"k": ["a"]}}, {"k": ["a", "b"]}, True),
        ({"StringEquals": {"k": "a", "j": "b"}}, {"k": ["a"]}, False),
    ],
)
def test_every_kind_of_condition_operator(
    condition: dict[str, Any], context: dict[str, list[str]], holds: bool
) -> None:
    statement = allow(Condition=condition)
    decision = evaluate_identity([document(statement)], Request("s3:GetObject", BUCKET, context))
    assert decision.allowed is holds


def test_an_operator_that_iam_lacks_is_an_error_and_no_silent_pass() -> None:
    with pytest.raises(ValueError, match="StringSimilar"):
        document(allow(Condition={"StringSimilar": {"k": "a"}}))


@pytest.mark.parametrize(
    ("pattern", "user", "resource", "effect"),
    [
        (f"{BUCKET}/${{aws:username}}/*", ["ada"], f"{BUCKET}/ada/x", ALLOWED),
        (f"{BUCKET}/${{aws:username}}/*", ["ada"], f"{BUCKET}/bob/x", IMPLICIT),
        (f"{BUCKET}/${{aws:username}}/*", [], f"{BUCKET}//x", IMPLICIT),
        (f"{BUCKET}/${{aws:username, 'guest'}}/*", [], f"{BUCKET}/guest/x", ALLOWED),
        (f"{BUCKET}/${{aws:username}}/x", ["*"], f"{BUCKET}/ada/x", IMPLICIT),
        (f"{BUCKET}/${{*}}", [], f"{BUCKET}/anything", IMPLICIT),
        (f"{BUCKET}/${{*}}", [], f"{BUCKET}/*", ALLOWED),
    ],
)
def test_policy_variables_are_replaced_and_their_wildcards_are_literal(
    pattern: str, user: list[str], resource: str, effect: Effect
) -> None:
    context = {"aws__username": user} if user else {}
    assert judged([allow(resource=pattern)], "s3:GetObject", resource, **context) is effect


def test_a_permissions_boundary_and_a_session_policy_only_take_away() -> None:
    wide, narrow = document(allow("s3:*")), document(allow("s3:GetObject"))
    put, get = Request("s3:PutObject", BUCKET), Request("s3:GetObject", BUCKET)
    limited = evaluate_identity([wide], put, boundary=narrow)
    assert (limited.effect, limited.policy_type) == (IMPLICIT, "permissions boundary")
    assert evaluate_identity([wide], put, session_policy=narrow).policy_type == "session policy"
    assert evaluate_identity([wide], get, boundary=narrow, session_policy=narrow).allowed
    assert not evaluate_identity([narrow], put, boundary=wide).allowed


ROLE = "arn:aws:iam::111122223333:role/reader"


@pytest.mark.parametrize(
    ("principal", "service", "arn", "effect"),
    [
        ("*", None, None, ALLOWED),
        ("*", None, SESSION, ALLOWED),
        ({"AWS": ROLE}, None, SESSION, ALLOWED),
        ({"AWS": [ROLE + "x", SESSION]}, None, SESSION, ALLOWED),
        ({"AWS": "111122223333"}, None, SESSION, ALLOWED),
        ({"AWS": "444455556666"}, None, SESSION, IMPLICIT),
        ({"AWS": ROLE}, None, None, IMPLICIT),
        ({"Service": "events.amazonaws.com"}, "events.amazonaws.com", None, ALLOWED),
        ({"Service": ["s3.amazonaws.com"]}, "events.amazonaws.com", None, IMPLICIT),
        ({"Service": "events.amazonaws.com"}, None, SESSION, IMPLICIT),
    ],
)
def test_the_principal_of_a_resource_policy(
    principal: Any, service: str | None, arn: str | None, effect: Effect
) -> None:
    policy = document(allow("sqs:SendMessage", QUEUE, Principal=principal))
    decision = evaluate_resource_policy(
        policy, action="sqs:SendMessage", resource=QUEUE, context={},
        principal_arn=arn, principal_service=service,
    )  # fmt: skip
    assert decision.effect is effect


def test_not_principal_denies_everybody_else() -> None:
    policy = document({**deny(), "NotPrincipal": {"AWS": [ROLE]}}, {**allow(), "Principal": "*"})

    def effect(arn: str) -> Effect:
        return evaluate_resource_policy(
            policy, action="s3:GetObject", resource=BUCKET, context={}, principal_arn=arn
        ).effect

    assert effect(SESSION) is ALLOWED
    assert effect(SESSION.replace("reader", "writer")) is DENIED


@pytest.mark.parametrize(
    ("identity", "principal", "decides", "allowed"),
    [
        pytest.param([], {"AWS": ROLE}, False, True, id="the resource policy alone is enough"),
        pytest.param([], {"AWS": "111122223333"}, False, False, id="the account only delegates"),
        pytest.param([allow()], None, False, True, id="the identity policy alone is enough"),
        pytest.param([allow()], None, True, False, id="but not for keys and roles"),
        pytest.param([allow()], {"AWS": "111122223333"}, True, True, id="unless delegated"),
        pytest.param([deny()], {"AWS": ROLE}, False, False, id="a deny wins"),
    ],
)
def test_policies_of_one_account_together(
    identity: list[dict[str, Any]], principal: Any, decides: bool, allowed: bool
) -> None:
    resource = document(allow(Principal=principal)) if principal else None
    decision = evaluate_same_account(
        Request("s3:GetObject", BUCKET), principal_arn=SESSION, identity=[document(*identity)],
        resource_policy=resource, resource_policy_decides=decides,
    )  # fmt: skip
    assert decision.allowed is allowed


def test_a_grant_to_the_role_stays_inside_its_boundary_and_one_to_the_session_does_not() -> None:
    boundary = document(allow("sqs:*"))
    for principal, allowed in ((ROLE, False), (SESSION, True)):
        decision = evaluate_same_account(
            Request("s3:GetObject", BUCKET), principal_arn=SESSION, identity=[], boundary=boundary,
            resource_policy=document(allow(Principal={"AWS": principal})),
        )  # fmt: skip
        assert decision.allowed is allowed
