"""Policies are compared by what they mean: what is more than before, and what is not."""

from typing import Any

import pytest

from operations.review.policies.comparing import statement_lines
from operations.review.policies.statements import Statement, statements
from operations.review.policies.widening import lost_denials, new_permissions
from tests.operations.review.planned import allow, policy

BUCKET = "arn:aws:s3:::data"
ACCOUNT = "arn:aws:iam::111122223333:root"
READ = allow("s3:GetObject", f"{BUCKET}/*")
TLS: dict[str, Any] = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [BUCKET, f"{BUCKET}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def read(*given: dict[str, Any]) -> list[Statement]:
    found = statements(policy(*given))
    assert found is not None
    return found


def sent(**conditions: Any) -> dict[str, Any]:
    who = {"Service": "events.amazonaws.com"}
    return allow("sqs:SendMessage", "*", Principal=who, Condition=conditions)


NARROWER = {
    "the same": ([READ], [READ]),
    "another order": (
        [allow(["s3:GetObject", "s3:PutObject"], [BUCKET, f"{BUCKET}/*"]), TLS],
        [TLS, allow(["s3:PutObject", "s3:GetObject"], [f"{BUCKET}/*", BUCKET])],
    ),
    "one text for a list of one": ([READ], [allow(["s3:GetObject"], [f"{BUCKET}/*"])]),
    "another case of an action": ([READ], [allow("S3:getobject", f"{BUCKET}/*")]),
    "one statement split in two": (
        [allow(["s3:GetObject", "s3:PutObject"], f"{BUCKET}/*")],
        [READ, allow("s3:PutObject", f"{BUCKET}/*")],
    ),
    "two statements joined": (
        [READ, allow("s3:PutObject", f"{BUCKET}/*")],
        [allow(["s3:GetObject", "s3:PutObject"], f"{BUCKET}/*")],
    ),
    "a prefix of what was allowed": ([READ], [allow("s3:GetObject", f"{BUCKET}/in/*")]),
    "an action of a pattern": ([allow("s3:Get*", "*")], [allow("s3:GetObjectTagging", "*")]),
    "a condition more": (
        [READ],
        [{**READ, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}],
    ),
    "fewer values of a condition": (
        [sent(ArnEquals={"aws:SourceArn": ["a", "b"]})],
        [sent(ArnEquals={"aws:SourceArn": "a"})],
    ),
    "a value of a pattern": (
        [sent(StringLike={"aws:SourceArn": "rule/*"})],
        [sent(StringEquals={"aws:sourceArn": "rule/one"})],
    ),
    "more excluded values": (
        [sent(StringNotEquals={"aws:SourceArn": ["a"]})],
        [sent(StringNotEquals={"aws:SourceArn": ["a", "b"]})],
    ),
    "an earlier bound": (
        [sent(NumericLessThan={"s3:max-keys": "100"})],
        [sent(NumericLessThan={"s3:max-keys": "10"})],
    ),
    "the account by its id": (
        [allow("kms:*", "*", Principal={"AWS": ACCOUNT})],
        [allow("kms:*", "*", Principal={"AWS": "111122223333"})],
    ),
    "everything but more": (
        [{"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}],
        [{"Effect": "Allow", "NotAction": ["iam:*", "kms:*"], "Resource": "*"}],
    ),
    "an action beside the excluded ones": (
        [{"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}],
        [allow("s3:GetObject", "*")],
    ),
    "one denial more": ([READ], [READ, TLS]),
    "nothing any more": ([READ], []),
}
WIDER = {
    "an action more": ([READ], [allow(["s3:GetObject", "s3:PutObject"], f"{BUCKET}/*")]),
    "a pattern of actions": ([READ], [allow("s3:Get*", f"{BUCKET}/*")]),
    "a resource more": ([READ], [allow("s3:GetObject", [f"{BUCKET}/*", "arn:aws:s3:::other/*"])]),
    "a shorter prefix": ([allow("s3:GetObject", f"{BUCKET}/in/*")], [READ]),
    "a question mark for a letter": (
        [allow("s3:GetObject", "a/b")],
        [allow("s3:GetObject", "a/?")],
    ),
    "a principal more": (
        [allow("sts:AssumeRole", Principal={"AWS": ACCOUNT})],
        [allow("sts:AssumeRole", Principal={"AWS": [ACCOUNT, "444455556666"]})],
    ),
    "a user of the account beside its root": (
        [allow("sts:AssumeRole", Principal={"AWS": ACCOUNT})],
        [allow("sts:AssumeRole", Principal={"AWS": "arn:aws:iam::111122223333:user/x"})],
    ),
    "everybody": (
        [allow("s3:GetObject", "*", Principal={"AWS": ACCOUNT})],
        [allow("s3:GetObject", "*", Principal="*")],
    ),
    "no condition any more": ([sent(ArnEquals={"aws:SourceArn": "a"})], [sent()]),
    "a value more of a condition": (
        [sent(ArnEquals={"aws:SourceArn": "a"})],
        [sent(ArnEquals={"aws:SourceArn": ["a", "b"]})],
    ),
    "fewer excluded values": (
        [sent(StringNotEquals={"aws:SourceArn": ["a", "b"]})],
        [sent(StringNotEquals={"aws:SourceArn": ["a"]})],
    ),
    "a condition only where the key is there": (
        [sent(StringEquals={"aws:SourceArn": "a"})],
        [sent(StringEqualsIfExists={"aws:SourceArn": "a"})],
    ),
    "a later bound": (
        [sent(NumericLessThan={"s3:max-keys": "10"})],
        [sent(NumericLessThan={"s3:max-keys": "100"})],
    ),
    "fewer excluded actions": (
        [{"Effect": "Allow", "NotAction": ["iam:*", "kms:*"], "Resource": "*"}],
        [{"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}],
    ),
    "everything but an action": (
        [allow("s3:*", "*")],
        [{"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}],
    ),
    "both halves of two statements": (
        [allow("s3:GetObject", "a"), allow("s3:PutObject", "b")],
        [allow(["s3:GetObject", "s3:PutObject"], ["a", "b"])],
    ),
}


@pytest.mark.parametrize("case", NARROWER)
def test_a_policy_that_allows_no_more_is_no_wider_one(case: str) -> None:
    """R-F7: no false alarm."""
    before, after = (read(*each) for each in NARROWER[case])

    assert new_permissions(before, after) == []
    assert lost_denials(before, after) == []


@pytest.mark.parametrize("case", WIDER)
def test_a_policy_that_allows_more_is_a_wider_one(case: str) -> None:
    """R-F7: actions, resources, principals and conditions."""
    before, after = (read(*each) for each in WIDER[case])

    assert new_permissions(before, after) != []


def test_only_what_is_new_is_reported() -> None:
    """R-F7: of a statement with one action more, the one action."""
    (found,) = new_permissions(
        read(READ), read(allow(["s3:GetObject", "s3:DeleteObject"], f"{BUCKET}/*"))
    )

    assert str(found) == f"Allow s3:DeleteObject on {BUCKET}/*"


@pytest.mark.parametrize(
    "after",
    [
        [],
        [{**TLS, "Resource": BUCKET}],
        [{**TLS, "Action": "s3:Get*"}],
        [{**TLS, "Condition": {**TLS["Condition"], "StringEquals": {"aws:PrincipalTag/x": "y"}}}],
    ],
)
def test_a_denial_that_is_gone_or_narrower_is_reported(after: list[dict[str, Any]]) -> None:
    """R-F7: what was refused may be allowed then."""
    assert lost_denials(read(TLS), read(*after)) != []


def test_a_change_in_one_place_is_one_line() -> None:
    """R-F7: what is added and removed, not the whole statement twice."""
    before = [READ, sent(ArnEquals={"aws:SourceArn": ["a", "b"]})]
    after = [
        allow(["s3:GetObject", "s3:PutObject"], f"{BUCKET}/*"),
        sent(ArnEquals={"aws:SourceArn": ["b", "c"]}),
    ]

    assert list(statement_lines(read(*before), read(*after))) == [
        f"~ Allow ... on {BUCKET}/*: actions + s3:PutObject",
        "~ Allow sqs:SendMessage on * to events.amazonaws.com if aws:SourceArn ArnEquals ...:"
        " aws:SourceArn - a, + c",
    ]


@pytest.mark.parametrize(
    "text", [None, "", "no JSON", "[1]", '{"Version": "x"}', '{"Statement": 1}']
)
def test_what_is_no_policy_is_not_read_as_one(text: Any) -> None:
    """R-F7: a policy that cannot be read is not taken for one that allows nothing."""
    assert statements(text) is None
