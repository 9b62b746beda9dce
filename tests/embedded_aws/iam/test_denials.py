"""A role that lacks an action is refused, to its face and in the report (R-A11, R-F2)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_aws.server import EmbeddedAws

A = "123456789012"
R = f"us-east-1:{A}"


def grant(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


CALLS: list[tuple[str, Callable[[Any], Any], str, str, str]] = [
    (
        "s3",
        lambda c: c.put_object(Bucket="iam-b", Key="k/a b", Body=b""),
        "s3:PutObject",
        "arn:aws:s3:::iam-b/k/a b",
        "AccessDenied",
    ),
    (
        "s3",
        lambda c: c.list_objects_v2(Bucket="iam-b"),
        "s3:ListBucket",
        "arn:aws:s3:::iam-b",
        "AccessDenied",
    ),
    (
        "s3",
        lambda c: c.get_object(Bucket="iam-b", Key="k", VersionId="v"),
        "s3:GetObjectVersion",
        "arn:aws:s3:::iam-b/k",
        "AccessDenied",
    ),
    (
        "s3",
        lambda c: c.delete_object(Bucket="iam-b", Key="k", VersionId="v"),
        "s3:DeleteObjectVersion",
        "arn:aws:s3:::iam-b/k",
        "AccessDenied",
    ),
    (
        "s3",
        lambda c: c.delete_objects(Bucket="iam-b", Delete={"Objects": [{"Key": "k"}]}),
        "s3:DeleteObject",
        "arn:aws:s3:::iam-b/k",
        "AccessDenied",
    ),
    (
        "s3",
        lambda c: c.create_multipart_upload(Bucket="iam-b", Key="k"),
        "s3:PutObject",
        "arn:aws:s3:::iam-b/k",
        "AccessDenied",
    ),
    (
        "s3",
        lambda c: c.abort_multipart_upload(Bucket="iam-b", Key="k", UploadId="u"),
        "s3:AbortMultipartUpload",
        "arn:aws:s3:::iam-b/k",
        "AccessDenied",
    ),
    (
        "s3",
        lambda c: c.get_object_tagging(Bucket="iam-b", Key="k"),
        "s3:GetObjectTagging",
        "arn:aws:s3:::iam-b/k",
        "AccessDenied",
    ),
    (
        "s3",
        lambda c: c.get_bucket_lifecycle_configuration(Bucket="iam-b"),
        "s3:GetLifecycleConfiguration",
        "arn:aws:s3:::iam-b",
        "AccessDenied",
    ),
    (
        "s3",
        lambda c: c.list_buckets(),
        "s3:ListAllMyBuckets",
        "*",
        "AccessDenied",
    ),
    (
        "sqs",
        lambda c: c.send_message_batch(
            QueueUrl=f"http://x/{A}/iam-q", Entries=[{"Id": "1", "MessageBody": "x"}]
        ),
        "sqs:SendMessage",
        f"arn:aws:sqs:{R}:iam-q",
        "AccessDenied",
    ),
    (
        "sqs",
        lambda c: c.receive_message(QueueUrl=f"http://x/{A}/iam-q"),
        "sqs:ReceiveMessage",
        f"arn:aws:sqs:{R}:iam-q",
        "AccessDenied",
    ),
    (
        "dynamodb",
        lambda c: c.batch_write_item(
            RequestItems={"iam-t": [{"PutRequest": {"Item": {"id": {"S": "1"}}}}]}
        ),
        "dynamodb:BatchWriteItem",
        f"arn:aws:dynamodb:{R}:table/iam-t",
        "AccessDeniedException",
    ),
    (
        "dynamodb",
        lambda c: c.transact_write_items(
            TransactItems=[{"Delete": {"TableName": "iam-t", "Key": {"id": {"S": "1"}}}}]
        ),
        "dynamodb:DeleteItem",
        f"arn:aws:dynamodb:{R}:table/iam-t",
        "AccessDeniedException",
    ),
    (
        "dynamodb",
        lambda c: c.query(
            TableName="iam-t",
            IndexName="by-status",
            KeyConditionExpression="a = :a",
            ExpressionAttributeValues={":a": {"S": "x"}},
        ),
        "dynamodb:Query",
        f"arn:aws:dynamodb:{R}:table/iam-t/index/by-status",
        "AccessDeniedException",
    ),
    (
        "dynamodb",
        lambda c: c.execute_statement(Statement='SELECT * FROM "iam-t"'),
        "dynamodb:PartiQLSelect",
        f"arn:aws:dynamodb:{R}:table/iam-t",
        "AccessDeniedException",
    ),
    (
        "dynamodbstreams",
        lambda c: c.describe_stream(
            StreamArn=f"arn:aws:dynamodb:{R}:table/iam-t/stream/2026-01-01T00:00:00.000"
        ),
        "dynamodb:DescribeStream",
        f"arn:aws:dynamodb:{R}:table/iam-t/stream/2026-01-01T00:00:00.000",
        "AccessDeniedException",
    ),
    (
        "lambda",
        lambda c: c.invoke(FunctionName="f", Qualifier="live"),
        "lambda:InvokeFunction",
        f"arn:aws:lambda:{R}:function:f:live",
        "AccessDeniedException",
    ),
    (
        "logs",
        lambda c: c.put_log_events(
            logGroupName="g", logStreamName="s", logEvents=[{"timestamp": 1, "message": "m"}]
        ),
        "logs:PutLogEvents",
        f"arn:aws:logs:{R}:log-group:g:log-stream:s",
        "AccessDeniedException",
    ),
    (
        "logs",
        lambda c: c.create_log_group(logGroupName="g"),
        "logs:CreateLogGroup",
        f"arn:aws:logs:{R}:log-group:g:log-stream:",
        "AccessDeniedException",
    ),
    (
        "sns",
        lambda c: c.publish(TopicArn=f"arn:aws:sns:{R}:t", Message="m"),
        "sns:Publish",
        f"arn:aws:sns:{R}:t",
        "AuthorizationError",
    ),
    (
        "events",
        lambda c: c.put_events(Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}"}]),
        "events:PutEvents",
        f"arn:aws:events:{R}:event-bus/default",
        "AccessDeniedException",
    ),
    (
        "stepfunctions",
        lambda c: c.start_execution(stateMachineArn=f"arn:aws:states:{R}:stateMachine:m"),
        "states:StartExecution",
        f"arn:aws:states:{R}:stateMachine:m",
        "AccessDeniedException",
    ),
    (
        "secretsmanager",
        lambda c: c.get_secret_value(SecretId="s"),
        "secretsmanager:GetSecretValue",
        f"arn:aws:secretsmanager:{R}:secret:s",
        "AccessDeniedException",
    ),
    (
        "cloudwatch",
        lambda c: c.put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 1}]),
        "cloudwatch:PutMetricData",
        "*",
        "AccessDenied",
    ),
    (
        "xray",
        lambda c: c.put_trace_segments(TraceSegmentDocuments=["{}"]),
        "xray:PutTraceSegments",
        "*",
        "AccessDeniedException",
    ),
    (
        "iam",
        lambda c: c.get_role(RoleName="nobody"),
        "iam:GetRole",
        f"arn:aws:iam::{A}:role/nobody",
        "AccessDenied",
    ),
]


@pytest.mark.parametrize(
    ("service", "call", "action", "resource", "code"), CALLS, ids=[f"{c[0]}-{c[2]}" for c in CALLS]
)
def test_a_role_without_the_action_is_refused_and_the_report_says_so(
    as_role: Any, service: str, call: Callable[[Any], Any], action: str, resource: str, code: str
) -> None:
    caller = as_role(grant("ec2:DescribeVpcs"))
    with pytest.raises(ClientError) as refused:
        call(caller.client(service))
    error = refused.value.response["Error"]
    assert error["Code"] == code
    assert f"assumed-role/{caller.name}/session is not authorized to perform: {action}".lower() in (
        error["Message"].lower()
    )
    reason = f"because no identity-based policy allows the {action} action"
    assert caller.denials() == [(action, resource, reason)]
    assert caller.allowed() == set()


@pytest.fixture(scope="module")
def bucket(aws: EmbeddedAws) -> str:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="iam-objects")
    s3.put_object(Bucket="iam-objects", Key="a/b c+ü.json", Body=b"x")
    return "iam-objects"


def test_exactly_the_granted_action_is_used_and_reported(as_role: Any, bucket: str) -> None:
    """R-F2."""
    caller = as_role(grant("s3:GetObject", f"arn:aws:s3:::{bucket}/a/*"))
    assert caller.client("s3").get_object(Bucket=bucket, Key="a/b c+ü.json")["Body"].read() == b"x"
    assert caller.allowed() == {("s3:GetObject", f"arn:aws:s3:::{bucket}/a/b c+ü.json")}
    assert caller.denials() == []


def test_a_missing_object_is_403_without_and_404_with_the_right_to_list(
    as_role: Any, bucket: str
) -> None:
    get = grant("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    for statements, status in (
        ([get], 403),
        ([get, grant("s3:ListBucket", f"arn:aws:s3:::{bucket}")], 404),
    ):
        s3 = as_role(*statements).client("s3")
        for call in (s3.get_object, s3.head_object):
            with pytest.raises(ClientError) as refused:
                call(Bucket=bucket, Key="missing")
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_copy_needs_both_sides(as_role: Any, bucket: str) -> None:
    source = {"Bucket": bucket, "Key": "a/b c+ü.json"}
    writer = as_role(grant("s3:PutObject", f"arn:aws:s3:::{bucket}/*"))
    with pytest.raises(ClientError, match="s3:GetObject"):
        writer.client("s3").copy_object(Bucket=bucket, Key="copy", CopySource=source)
    both = as_role(grant(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/*"))
    both.client("s3").copy_object(Bucket=bucket, Key="copy", CopySource=source)


def test_a_bucket_policy_denies_and_grants_by_its_conditions(
    aws: EmbeddedAws, as_role: Any
) -> None:
    """R-B3: a wrong encryption header is denied, a missing one is not, TLS is taken as given."""
    s3, name = aws.client("s3"), "iam-policy"
    s3.create_bucket(Bucket=name)
    everybody = {"Principal": "*", "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]}
    insecure: dict[str, Any] = {"Effect": "Deny", "Action": "s3:*", **everybody}
    insecure["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    header = "s3:x-amz-server-side-encryption"
    unencrypted: dict[str, Any] = {"Effect": "Deny", "Action": "s3:PutObject", **everybody}
    unencrypted["Condition"] = {
        "StringNotEquals": {header: "AES256"},
        "Null": {header: "false"},
    }
    reader = as_role()
    granted: dict[str, Any] = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    granted["Principal"] = {"AWS": reader.arn}
    document = {"Version": "2012-10-17", "Statement": [insecure, unencrypted, granted]}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(document))
    writer = as_role(grant("s3:PutObject", f"arn:aws:s3:::{name}/*")).client("s3")
    writer.put_object(Bucket=name, Key="k", Body=b"x")
    writer.put_object(Bucket=name, Key="k", Body=b"x", ServerSideEncryption="AES256")
    with pytest.raises(ClientError, match="with an explicit deny in a resource-based policy"):
        writer.put_object(Bucket=name, Key="k", Body=b"x", ServerSideEncryption="aws:kms")
    assert reader.client("s3").get_object(Bucket=name, Key="k")["Body"].read() == b"x"


def test_a_changed_policy_holds_for_the_next_request(aws: EmbeddedAws, as_role: Any) -> None:
    caller = as_role(grant("sqs:ListQueues"))
    caller.client("sqs").list_queues()
    aws.client("iam").delete_role_policy(RoleName=caller.name, PolicyName="given")
    with pytest.raises(ClientError, match="AccessDenied"):
        caller.client("sqs").list_queues()


def test_a_condition_on_leading_keys_and_on_the_namespace(aws: EmbeddedAws, as_role: Any) -> None:
    aws.client("dynamodb").create_table(
        TableName="iam-leading",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine"]}}
    metrics = {"StringEquals": {"cloudwatch:namespace": "mine"}}
    caller = as_role(
        grant("dynamodb:BatchWriteItem", Condition=own),
        grant("cloudwatch:PutMetricData", Condition=metrics),
    )

    def write(key: str) -> None:
        item = {"PutRequest": {"Item": {"id": {"S": key}}}}
        caller.client("dynamodb").batch_write_item(RequestItems={"iam-leading": [item]})

    def measure(namespace: str) -> None:
        data = [{"MetricName": "m", "Value": 1.0}]
        caller.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)

    for act in (write, measure):
        act("mine")
        with pytest.raises(ClientError, match="not authorized"):
            act("yours")


def test_a_customer_key_needs_its_own_permission_and_the_key_policy_decides(
    aws: EmbeddedAws, as_role: Any
) -> None:
    """R-B5: writing to a queue under a key needs the key; its policy may leave the account out."""
    key = aws.client("kms").create_key()["KeyMetadata"]
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="iam-kms", Attributes={"KmsMasterKeyId": key["KeyId"]})
    send = grant("sqs:SendMessage", f"arn:aws:sqs:{R}:iam-kms")
    use = grant(["kms:GenerateDataKey", "kms:Decrypt"], key["Arn"])
    message = {"QueueUrl": url["QueueUrl"], "MessageBody": "x"}
    with pytest.raises(ClientError, match="kms:GenerateDataKey"):
        as_role(send).client("sqs").send_message(**message)
    as_role(send, use).client("sqs").send_message(**message)
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    statement["Principal"] = {"Service": "sqs.amazonaws.com"}  # type: ignore[assignment]
    closed = {"Version": "2012-10-17", "Statement": [statement]}
    aws.client("kms").put_key_policy(
        KeyId=key["KeyId"], PolicyName="default", Policy=json.dumps(closed)
    )
    with pytest.raises(ClientError, match="because no resource-based policy allows"):
        as_role(send, use).client("sqs").send_message(**message)


def test_what_is_of_no_single_key_is_under_no_key_policy(as_role: Any) -> None:
    """AWS KMS permissions reference: kms:ListAliases and kms:ListKeys have no resource."""
    role = as_role(grant(["kms:ListAliases", "kms:ListKeys"]))

    assert "Aliases" in role.client("kms").list_aliases()
    assert "Keys" in role.client("kms").list_keys()


def test_a_boundary_limits_a_role(aws: EmbeddedAws, as_role: Any) -> None:
    document = {"Version": "2012-10-17", "Statement": [grant("s3:*")]}
    boundary = aws.client("iam").create_policy(
        PolicyName="boundary", PolicyDocument=json.dumps(document)
    )["Policy"]["Arn"]
    caller = as_role(grant("sqs:*"), PermissionsBoundary=boundary)
    with pytest.raises(ClientError, match="no permissions boundary allows"):
        caller.client("sqs").list_queues()


def test_an_alias_of_a_state_machine_is_judged_as_the_machine(as_role: Any) -> None:
    """R-F2: "Authorization for versions and aliases in Step Functions workflows"."""
    machine = f"arn:aws:states:{R}:stateMachine:iam-m"
    qualifier = {"StringEquals": {"states:StateMachineQualifier": "live"}}
    conditional = as_role(grant("states:StartExecution", machine, Condition=qualifier))
    of_the_alias = as_role(grant("states:StartExecution", f"{machine}:live"))

    def code(caller: Any, started: str) -> str:
        with pytest.raises(ClientError) as refused:
            caller.client("stepfunctions").start_execution(stateMachineArn=started)
        return str(refused.value.response["Error"]["Code"])

    for caller, started, allowed in (
        (as_role(grant("states:StartExecution", machine)), f"{machine}:live", True),
        (conditional, f"{machine}:live", True),
        (conditional, f"{machine}:7", False),
        (conditional, machine, False),
        (of_the_alias, f"{machine}:live", False),
    ):
        expected = "StateMachineDoesNotExist" if allowed else "AccessDeniedException"
        assert code(caller, started) == expected, (started, allowed)
    assert {resource for _, resource, _ in of_the_alias.denials()} == {machine}


def test_a_wrong_session_token_is_refused(aws: EmbeddedAws, as_role: Any) -> None:
    caller = as_role(grant("sqs:*"))
    caller._credentials["SessionToken"] = "forged"
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        caller.client("sqs").list_queues()


def test_a_user_acts_by_the_policies_of_its_groups(aws: EmbeddedAws) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="ada")
    iam.create_group(GroupName="readers")
    key = iam.create_access_key(UserName="ada")["AccessKey"]
    sqs = aws.client(
        "sqs", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    with pytest.raises(ClientError, match="user/ada is not authorized"):
        sqs.list_queues()
    document = {"Version": "2012-10-17", "Statement": [grant("sqs:ListQueues")]}
    iam.put_group_policy(GroupName="readers", PolicyName="p", PolicyDocument=json.dumps(document))
    iam.add_user_to_group(GroupName="readers", UserName="ada")
    sqs.list_queues()
