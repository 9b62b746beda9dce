"""A policy that is none is refused when it is put, and leaves nothing behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.limits.policy_documents import IDENTITY, RESOURCE, TRUST, problem

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

NO_STATEMENT = '{"Version": "2012-10-17"}'
ALLOW = {"Effect": "Allow", "Action": "s3:GetObject"}
SERVICE = {"Service": "lambda.amazonaws.com"}


def of(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


GOOD_TRUST = of(Effect="Allow", Action="sts:AssumeRole", Principal=SERVICE)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (TRUST, GOOD_TRUST),
        (IDENTITY, of(**ALLOW, Resource="*")),
        (IDENTITY, of(Effect="Deny", NotAction=["s3:*"], NotResource=["arn:aws:s3:::a/*"])),
        (RESOURCE, of(**ALLOW, Resource="*", Principal="*")),
        (RESOURCE, json.dumps({"Statement": {**ALLOW, "Resource": "*", "NotPrincipal": "*"}})),
    ],
)
def test_what_aws_takes_is_taken(kind: Any, text: str) -> None:
    assert problem(text, kind) is None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (IDENTITY, "{"),
        (IDENTITY, "[]"),
        (IDENTITY, NO_STATEMENT),
        (IDENTITY, '{"Statement": []}'),
        (IDENTITY, '{"Statement": ["x"]}'),
        (
            IDENTITY,
            json.dumps({"Version": "2020-01-01", "Statement": [{**ALLOW, "Resource": "*"}]}),
        ),
        (IDENTITY, of(**ALLOW)),
        (IDENTITY, of(Effect="Allow", Resource="*")),
        (IDENTITY, of(Effect="allow", Action="s3:*", Resource="*")),
        (IDENTITY, of(**ALLOW, NotAction="s3:*", Resource="*")),
        (IDENTITY, of(**ALLOW, Resource="*", Principal="*")),
        (IDENTITY, of(Effect="Allow", Action=[1], Resource="*")),
        (IDENTITY, of(**ALLOW, Resource="*", Condition={"NoSuchOperator": {"aws:x": "y"}})),
        (IDENTITY, of(**ALLOW, Resource="*", Condition={"StringEquals": "x"})),
        (TRUST, of(Effect="Allow", Action="sts:AssumeRole")),
        (TRUST, of(Effect="Allow", Action="sts:AssumeRole", Principal=SERVICE, Resource="*")),
        (RESOURCE, of(**ALLOW, Principal="*")),
    ],
)
def test_what_aws_refuses_is_refused(kind: Any, text: str) -> None:
    assert problem(text, kind)


@pytest.fixture(scope="module")
def places(aws: EmbeddedAws) -> dict[str, Any]:
    """Return, by operation, how to put a policy there."""
    iam, s3, sqs = aws.client("iam"), aws.client("s3"), aws.client("sqs")
    name = "policy-documents"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=GOOD_TRUST)
    s3.create_bucket(Bucket=name)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    topic = aws.client("sns").create_topic(Name=name)["TopicArn"]
    return {
        "CreateRole": lambda p: iam.create_role(RoleName="none", AssumeRolePolicyDocument=p),
        "UpdateAssumeRolePolicy": lambda p: iam.update_assume_role_policy(
            RoleName=name, PolicyDocument=p
        ),
        "PutRolePolicy": lambda p: iam.put_role_policy(
            RoleName=name, PolicyName="p", PolicyDocument=p
        ),
        "CreatePolicy": lambda p: iam.create_policy(PolicyName=name, PolicyDocument=p),
        "PutBucketPolicy": lambda p: s3.put_bucket_policy(Bucket=name, Policy=p),
        "CreateQueue": lambda p: sqs.create_queue(QueueName="none", Attributes={"Policy": p}),
        "SetQueueAttributes": lambda p: sqs.set_queue_attributes(
            QueueUrl=url, Attributes={"Policy": p}
        ),
        "SetTopicAttributes": lambda p: aws.client("sns").set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=p
        ),
        "CreateKey": lambda p: aws.client("kms").create_key(Policy=p),
    }


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("CreateRole", "MalformedPolicyDocument"),
        ("UpdateAssumeRolePolicy", "MalformedPolicyDocument"),
        ("PutRolePolicy", "MalformedPolicyDocument"),
        ("CreatePolicy", "MalformedPolicyDocument"),
        ("PutBucketPolicy", "MalformedPolicy"),
        ("CreateQueue", "InvalidAttributeValue"),
        ("SetQueueAttributes", "InvalidAttributeValue"),
        ("SetTopicAttributes", "InvalidParameter"),
        ("CreateKey", "MalformedPolicyDocumentException"),
    ],
)
@pytest.mark.parametrize("text", [NO_STATEMENT, "no JSON"])
def test_each_service_refuses_with_its_own_code(
    aws: EmbeddedAws, places: dict[str, Any], operation: str, code: str, text: str
) -> None:
    with pytest.raises(ClientError) as refused:
        places[operation](text)

    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert "none" not in [role["RoleName"] for role in aws.client("iam").list_roles()["Roles"]]
