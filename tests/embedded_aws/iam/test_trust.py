"""Trust policies and what AWS's services may do by themselves (R-A11)."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.iam import may_assume, service_may

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

QUEUE = "arn:aws:sqs:us-east-1:123456789012:iam-rule"
RULE = "arn:aws:events:us-east-1:123456789012:rule/orders"


def zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("h.py", "def handler(event, context): return event")
    return content.getvalue()


def create(client: Any, name: str, role: str) -> Any:
    return client.create_function(
        FunctionName=name, Runtime="python3.13", Role=role, Handler="h.handler",
        Code={"ZipFile": zipped()},
    )  # fmt: skip


def test_a_role_that_does_not_trust_lambda_makes_no_function(
    aws: EmbeddedAws, as_role: Any
) -> None:
    events = as_role(service="events.amazonaws.com")
    message = "The role defined for the function cannot be assumed by Lambda."
    with pytest.raises(ClientError, match=message):
        create(aws.client("lambda"), "iam-untrusted", events.arn)
    assert not may_assume(events.arn, "lambda.amazonaws.com")
    trusted = as_role()
    assert may_assume(trusted.arn, "lambda.amazonaws.com")
    assert not may_assume(trusted.arn + "-unknown", "lambda.amazonaws.com")
    create(aws.client("lambda"), "iam-trusted", trusted.arn)


def test_handing_a_role_to_lambda_needs_pass_role(as_role: Any) -> None:
    passed = as_role()
    maker = {"Effect": "Allow", "Action": "lambda:CreateFunction", "Resource": "*"}
    passing: dict[str, Any] = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": passed.arn}
    passing["Condition"] = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    with pytest.raises(ClientError, match="iam:PassRole"):
        create(as_role(maker).client("lambda"), "iam-passed", passed.arn)
    create(as_role(maker, passing).client("lambda"), "iam-passed", passed.arn)


def test_a_rule_may_send_to_a_queue_only_as_the_queue_policy_says(aws: EmbeddedAws) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="iam-rule")["QueueUrl"]
    events, send = "events.amazonaws.com", "sqs:SendMessage"
    assert not service_may(events, send, QUEUE, source_arn=RULE)
    statement = {"Effect": "Allow", "Principal": {"Service": events}, "Action": send}
    statement |= {"Resource": QUEUE, "Condition": {"ArnEquals": {"aws:SourceArn": RULE}}}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(document)})
    assert service_may(events, send, QUEUE, source_arn=RULE)
    assert not service_may(events, send, QUEUE, source_arn=RULE + "-other")
    assert (events, send, QUEUE) in aws.state.allowed
    assert any(d.principal == events and d.resource == QUEUE for d in aws.state.denied)


def test_a_bucket_may_invoke_a_function_only_with_its_permission(
    aws: EmbeddedAws, as_role: Any
) -> None:
    client = aws.client("lambda")
    arn = create(client, "iam-notified", as_role().arn)["FunctionArn"]
    bucket = "arn:aws:s3:::iam-notifier"
    invoke = "lambda:InvokeFunction"
    assert not service_may("s3.amazonaws.com", invoke, arn, source_arn=bucket)
    client.add_permission(
        FunctionName="iam-notified", StatementId="s3", Action=invoke,
        Principal="s3.amazonaws.com", SourceArn=bucket, SourceAccount="123456789012",
    )  # fmt: skip
    assert service_may("s3.amazonaws.com", invoke, arn, source_arn=bucket)
    assert not service_may("s3.amazonaws.com", invoke, arn, source_arn=bucket + "-other")


def test_a_role_assumes_another_only_if_the_other_trusts_it(aws: EmbeddedAws, as_role: Any) -> None:
    """R-A11: the assumable role for regional failover."""
    caller = as_role({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    other = as_role()
    sts = caller.client("sts")
    with pytest.raises(ClientError, match="sts:AssumeRole"):
        sts.assume_role(RoleArn=other.arn, RoleSessionName="failover")
    trust = {"Effect": "Allow", "Principal": {"AWS": caller.arn}, "Action": "sts:AssumeRole"}
    aws.client("iam").update_assume_role_policy(
        RoleName=other.name,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    sts.assume_role(RoleArn=other.arn, RoleSessionName="failover")
