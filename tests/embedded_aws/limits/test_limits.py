"""Each limit: the largest that AWS takes passes, one more is refused with AWS's code."""

from __future__ import annotations

import io
import json
import zipfile
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from embedded_aws.limits import LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_aws.server import EmbeddedAws

A = "123456789012"
QUEUE = f"arn:aws:sqs:us-east-1:{A}:limits"
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole"} | {
    "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]}
}
MACHINE = '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}'


def document(size: int, **statement: Any) -> str:
    """Give a policy document of exactly `size` characters."""
    base = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ""} | statement
    body = {"Version": "2012-10-17", "Statement": [base]}
    resource = "arn:aws:s3:::"
    filled = {**body, "Statement": [{**base, "Resource": resource}]}
    length = len(json.dumps(filled, separators=(",", ":")))
    filled["Statement"] = [{**base, "Resource": resource + "x" * (size - length)}]
    return json.dumps(filled, separators=(",", ":"))


def trust(size: int) -> str:
    def text(fill: str) -> str:
        condition = {"StringEquals": {"aws:SourceArn": fill}}
        whole = {"Version": "2012-10-17", "Statement": [{**TRUST, "Condition": condition}]}
        return json.dumps(whole, separators=(",", ":"))

    return text("x" * (size - len(text(""))))


def zipped(size: int = 1) -> bytes:
    """Give a small zip whose directory says that it holds `size` bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("h.py", b"#")
        archive.filelist[0].file_size = size  # what Lambda, too, looks at before it unpacks
    return content.getvalue()


class World:
    """Clients of every service, without botocore's own checks, and the resources to try on."""

    def __init__(self, aws: EmbeddedAws) -> None:
        settings = Config(
            parameter_validation=False,
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
        )
        self.client = cache(lambda service: aws.client(service, config=settings))
        self.numbers = iter(range(1, 100_000))
        self.role = self.client("iam").create_role(
            RoleName="limits",
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [TRUST]}),
        )["Role"]["Arn"]
        sending = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}}
        sending |= {"Action": "sqs:SendMessage", "Resource": QUEUE}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [sending]})
        self.queue = self.client("sqs").create_queue(
            QueueName="limits", Attributes={"Policy": policy}
        )["QueueUrl"]
        self.client("s3").create_bucket(Bucket="limits")
        self.table("limits")
        self.function(FunctionName="limits")
        self.zone = self.client("route53").create_hosted_zone(
            Name="limits.example", CallerReference="limits"
        )["HostedZone"]["Id"]
        self.machine = self.client("stepfunctions").create_state_machine(
            name="limits", definition=MACHINE, roleArn=self.role
        )["stateMachineArn"]

    def name(self) -> str:
        return f"limits-{next(self.numbers)}"

    def function(self, **more: Any) -> Any:
        given = {"FunctionName": self.name(), "Runtime": "python3.13", "Role": self.role}
        given |= {"Handler": "h.h", "Code": {"ZipFile": zipped()}}
        return self.client("lambda").create_function(**{**given, **more})

    def table(self, name: str, **more: Any) -> Any:
        return self.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            **more,
        )

    def put(self, value: Any) -> Any:
        item = {"id": {"S": "1"}, "value": value}
        return self.client("dynamodb").put_item(TableName="limits", Item=item)

    def mapping(self, **more: Any) -> Any:
        made = self.client("lambda").create_event_source_mapping(
            EventSourceArn=QUEUE, FunctionName="limits", Enabled=False, **more
        )
        return self.client("lambda").delete_event_source_mapping(UUID=made["UUID"])

    def records(self, name: str, *kinds: dict[str, Any]) -> Any:
        base = {"Name": f"{name}.limits.example", "Type": "A", "TTL": 60}
        base["ResourceRecords"] = [{"Value": "192.0.2.1"}]
        changes = [{"Action": "CREATE", "ResourceRecordSet": {**base, **k}} for k in kinds]
        return self.client("route53").change_resource_record_sets(
            HostedZoneId=self.zone, ChangeBatch={"Changes": changes}
        )

    def alarm(self, name: str, period: int = 60) -> Any:
        return self.client("cloudwatch").put_metric_alarm(
            AlarmName=name, MetricName="m", Namespace="n", Statistic="Sum", Period=period,
            EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip

    def notify(self, prefixes: list[str]) -> Any:
        listed = [
            {
                "QueueArn": QUEUE,
                "Events": ["s3:ObjectCreated:*"],
                "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}},
            }
            for prefix in prefixes
        ]
        return self.client("s3").put_bucket_notification_configuration(
            Bucket="limits", NotificationConfiguration={"QueueConfigurations": listed},
            SkipDestinationValidation=True,
        )  # fmt: skip

    def lifecycle(self, count: int) -> Any:
        rule = {"Status": "Enabled", "Expiration": {"Days": 1}}
        rules = [{**rule, "ID": str(n), "Filter": {"Prefix": f"p{n}/"}} for n in range(count)]
        return self.client("s3").put_bucket_lifecycle_configuration(
            Bucket="limits", LifecycleConfiguration={"Rules": rules}
        )

    def attach(self, count: int) -> Any:
        iam, name = self.client("iam"), self.name()
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(300))
        for _ in range(count):
            made = iam.create_policy(PolicyName=self.name(), PolicyDocument=document(200))
            iam.attach_role_policy(RoleName=name, PolicyArn=made["Policy"]["Arn"])

    def inline(self, size: int) -> Any:
        iam, name = self.client("iam"), self.name()
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(300))
        iam.put_role_policy(RoleName=name, PolicyName="a", PolicyDocument=document(5000))
        return iam.put_role_policy(
            RoleName=name, PolicyName="b", PolicyDocument=document(size - 5000)
        )

    def targets(self, count: int) -> Any:
        events, name = self.client("events"), self.name()
        events.put_rule(Name=name, EventPattern='{"source":["a"]}')
        listed = [{"Id": str(n), "Arn": QUEUE} for n in range(count)]
        return events.put_targets(Rule=name, Targets=listed)


@pytest.fixture(scope="module")
def world(aws: EmbeddedAws) -> World:
    return World(aws)


def nested(depth: int) -> Any:
    value: Any = {"S": "x"}
    for _ in range(depth):
        value = {"L": [value]}
    return value


def pattern(size: int) -> str:
    return json.dumps({"source": ["x" * (size - 16)]})


INVALID = "ValidationException"
ROWS: list[tuple[str, Callable[[World, Any], Any], Any, Any, str]] = [
    (
        "role name",
        lambda w, n: w.client("iam").create_role(
            RoleName="r" * n, AssumeRolePolicyDocument=trust(300)
        ),
        64,
        65,
        "ValidationError",
    ),
    (
        "trust policy",
        lambda w, n: w.client("iam").create_role(
            RoleName=w.name(), AssumeRolePolicyDocument=trust(n)
        ),
        2048,
        2049,
        "LimitExceeded",
    ),
    (
        "managed policy",
        lambda w, n: w.client("iam").create_policy(PolicyName=w.name(), PolicyDocument=document(n)),
        6144,
        6145,
        "LimitExceeded",
    ),
    (
        "inline policies",
        lambda w, n: w.inline(n),
        10240,
        10241,
        "LimitExceeded",
    ),
    (
        "attached policies",
        lambda w, n: w.attach(n),
        10,
        11,
        "LimitExceeded",
    ),
    (
        "queue delay",
        lambda w, n: w.client("sqs").create_queue(
            QueueName=w.name(), Attributes={"DelaySeconds": str(n)}
        ),
        900,
        901,
        "InvalidAttributeValue",
    ),
    (
        "queue visibility",
        lambda w, n: w.client("sqs").create_queue(
            QueueName=w.name(), Attributes={"VisibilityTimeout": str(n)}
        ),
        43200,
        43201,
        "InvalidAttributeValue",
    ),
    (
        "queue retention",
        lambda w, n: w.client("sqs").create_queue(
            QueueName=w.name(), Attributes={"MessageRetentionPeriod": str(n)}
        ),
        60,
        59,
        "InvalidAttributeValue",
    ),
    (
        "message delay",
        lambda w, n: w.client("sqs").send_message(
            QueueUrl=w.queue, MessageBody="x", DelaySeconds=n
        ),
        900,
        901,
        "InvalidParameterValue",
    ),
    (
        "message size",
        lambda w, n: w.client("sqs").send_message(QueueUrl=w.queue, MessageBody="x" * n),
        1_048_576,
        1_048_577,
        "InvalidParameterValue",
    ),
    (
        "message characters",
        lambda w, c: w.client("sqs").send_message(QueueUrl=w.queue, MessageBody=c),
        "\t",
        "\x01",
        "InvalidMessageContents",
    ),
    (
        "message attributes",
        lambda w, n: w.client("sqs").send_message(
            QueueUrl=w.queue,
            MessageBody="x",
            MessageAttributes={
                f"a{i}": {"DataType": "String", "StringValue": "1"} for i in range(n)
            },
        ),
        10,
        11,
        "InvalidParameterValue",
    ),
    (
        "message batch",
        lambda w, n: w.client("sqs").send_message_batch(
            QueueUrl=w.queue, Entries=[{"Id": str(i), "MessageBody": "x"} for i in range(n)]
        ),
        10,
        11,
        "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    ),
    (
        "queue name",
        lambda w, n: w.client("sqs").create_queue(QueueName="q" * n),
        80,
        81,
        "InvalidParameterValue",
    ),
    (
        "function name",
        lambda w, n: w.function(FunctionName="f" * n),
        64,
        65,
        INVALID,
    ),
    (
        "function memory",
        lambda w, n: w.function(MemorySize=n),
        10240,
        10241,
        INVALID,
    ),
    (
        "function least memory",
        lambda w, n: w.function(MemorySize=n),
        128,
        127,
        INVALID,
    ),
    (
        "function timeout",
        lambda w, n: w.function(Timeout=n),
        900,
        901,
        INVALID,
    ),
    (
        "function description",
        lambda w, n: w.function(Description="d" * n),
        256,
        257,
        INVALID,
    ),
    (
        "function environment",
        lambda w, n: w.function(Environment={"Variables": {"A": "x" * (n - 8)}}),
        4096,
        4097,
        "InvalidParameterValueException",
    ),
    (
        "function reserved variable",
        lambda w, n: w.function(Environment={"Variables": {n: "x"}}),
        "REGION",
        "AWS_REGION",
        "InvalidParameterValueException",
    ),
    (
        "function unzipped",
        lambda w, n: w.function(Code={"ZipFile": zipped(n)}),
        262_144_000,
        262_144_001,
        "InvalidParameterValueException",
    ),
    (
        "mapping batch without window",
        lambda w, n: w.mapping(BatchSize=n),
        10,
        11,
        "InvalidParameterValueException",
    ),
    (
        "mapping concurrency",
        lambda w, n: w.mapping(ScalingConfig={"MaximumConcurrency": n}),
        2,
        1,
        INVALID,
    ),
    (
        "table name",
        lambda w, n: w.table("t" * n),
        3,
        2,
        INVALID,
    ),
    (
        "long table name",
        lambda w, n: w.table("t" * n),
        255,
        256,
        INVALID,
    ),
    (
        "number digits",
        lambda w, n: w.put({"N": "1" * n}),
        38,
        39,
        INVALID,
    ),
    (
        "number magnitude",
        lambda w, n: w.put({"N": n}),
        "9e125",
        "1e126",
        INVALID,
    ),
    (
        "nesting",
        lambda w, n: w.put(nested(n)),
        32,
        33,
        INVALID,
    ),
    (
        "set",
        lambda w, v: w.put({"SS": v}),
        ["a", "b"],
        ["a", "a"],
        INVALID,
    ),
    (
        "item size",
        lambda w, n: w.put({"S": "x" * (n - 8)}),
        409_600,
        409_601,
        INVALID,
    ),
    (
        "bucket name",
        lambda w, n: w.client("s3").create_bucket(Bucket=n),
        "a.b-c",
        "a..b",
        "InvalidBucketName",
    ),
    (
        "bucket address",
        lambda w, n: w.client("s3").create_bucket(Bucket=n),
        "192.168.1.x",
        "192.168.1.1",
        "InvalidBucketName",
    ),
    (
        "key length",
        lambda w, n: w.client("s3").put_object(Bucket="limits", Key="ü" * n, Body=b""),
        512,
        513,
        "KeyTooLongError",
    ),
    (
        "metadata",
        lambda w, n: w.client("s3").put_object(
            Bucket="limits", Key="k", Body=b"", Metadata={"a": "x" * (n - 1)}
        ),
        2048,
        2049,
        "MetadataTooLarge",
    ),
    (
        "notifications",
        lambda w, n: w.notify([f"p{i:03}/" for i in range(n)]),
        100,
        101,
        "InvalidArgument",
    ),
    (
        "overlapping notifications",
        lambda w, p: w.notify(p),
        ["a/", "b/"],
        ["a/", "a/b/"],
        "InvalidArgument",
    ),
    (
        "lifecycle rules",
        lambda w, n: w.lifecycle(n),
        1000,
        1001,
        "MalformedXML",
    ),
    (
        "rule name",
        lambda w, n: w.client("events").put_rule(Name="r" * n, EventPattern='{"source":["a"]}'),
        64,
        65,
        INVALID,
    ),
    (
        "event pattern",
        lambda w, n: w.client("events").put_rule(Name="limits", EventPattern=pattern(n)),
        4096,
        4097,
        INVALID,
    ),
    (
        "rule targets",
        lambda w, n: w.targets(n),
        5,
        6,
        "LimitExceededException",
    ),
    (
        "event size",
        lambda w, n: w.client("events").put_events(
            Entries=[
                {"Source": "s", "DetailType": "d", "Detail": json.dumps({"a": "x" * (n - 11)})}
            ]
        ),
        1_048_576,
        1_048_577,
        INVALID,
    ),
    (
        "log group name",
        lambda w, n: w.client("logs").create_log_group(logGroupName="g" * n),
        512,
        513,
        "InvalidParameterException",
    ),
    (
        "alarm name",
        lambda w, n: w.alarm("a" * n),
        255,
        256,
        "ValidationError",
    ),
    (
        "alarm period",
        lambda w, n: w.alarm("limits", n),
        60,
        61,
        "ValidationError",
    ),
    (
        "dashboard name",
        lambda w, n: w.client("cloudwatch").put_dashboard(DashboardName=n, DashboardBody="{}"),
        "a-b_c",
        "a.b",
        "InvalidParameterInput",
    ),
    (
        "metric data",
        lambda w, n: w.client("cloudwatch").put_metric_data(
            Namespace="n", MetricData=[{"MetricName": "m", "Value": 1}] * n
        ),
        1000,
        1001,
        "InvalidParameterValue",
    ),
    (
        "state input",
        lambda w, n: w.client("stepfunctions").start_execution(
            stateMachineArn=w.machine, input=json.dumps("x" * (n - 2))
        ),
        262_144,
        262_145,
        INVALID,
    ),
    (
        "secret size",
        lambda w, n: w.client("secretsmanager").create_secret(Name=w.name(), SecretString="x" * n),
        65_536,
        65_537,
        "InvalidParameterException",
    ),
    (
        "topic name",
        lambda w, n: w.client("sns").create_topic(Name="t" * n),
        256,
        257,
        "InvalidParameter",
    ),
]


@pytest.mark.parametrize(
    ("attempt", "allowed", "too_far", "code"), [row[1:] for row in ROWS], ids=[r[0] for r in ROWS]
)
def test_the_last_that_aws_takes_passes_and_the_next_is_refused(
    world: World, attempt: Callable[[World, Any], Any], allowed: Any, too_far: Any, code: str
) -> None:
    attempt(world, allowed)
    with pytest.raises(ClientError) as refused:
        attempt(world, too_far)
    assert refused.value.response["Error"]["Code"] == code


def test_log_retention_takes_only_the_values_that_aws_offers(world: World) -> None:
    logs = world.client("logs")
    logs.create_log_group(logGroupName="limits")
    logs.put_retention_policy(logGroupName="limits", retentionInDays=7)
    with pytest.raises(ClientError, match="enum value set"):
        logs.put_retention_policy(logGroupName="limits", retentionInDays=8)


def test_a_queue_must_hide_messages_as_long_as_the_function_may_run(world: World) -> None:
    """R-A8."""
    world.function(FunctionName="limits-slow", Timeout=31)
    mapping = {"EventSourceArn": QUEUE, "FunctionName": "limits-slow", "Enabled": False}
    with pytest.raises(ClientError, match="is less than Function timeout: 31 seconds"):
        world.client("lambda").create_event_source_mapping(**mapping)
    world.client("sqs").set_queue_attributes(
        QueueUrl=world.queue, Attributes={"VisibilityTimeout": "31"}
    )
    made = world.client("lambda").create_event_source_mapping(**mapping)
    world.function(FunctionName="limits-slower", Timeout=32)
    for change in ({"FunctionName": "limits-slower"}, {"BatchSize": 11}):
        with pytest.raises(ClientError) as refused:
            world.client("lambda").update_event_source_mapping(UUID=made["UUID"], **change)
        assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
    world.client("sqs").set_queue_attributes(
        QueueUrl=world.queue, Attributes={"VisibilityTimeout": "30"}
    )
    with pytest.raises(ClientError, match="is less than Function timeout: 31 seconds"):
        world.client("lambda").update_event_source_mapping(UUID=made["UUID"], Enabled=False)


@pytest.mark.parametrize(
    "kinds",
    [
        [{"SetIdentifier": "a", "Weight": 1}, {"SetIdentifier": "b", "Failover": "PRIMARY"}],
        [{}, {"SetIdentifier": "a", "Weight": 0}],
    ],
)
def test_one_dns_name_has_records_of_one_kind(world: World, kinds: list[dict[str, Any]]) -> None:
    """R-C6, R-A10."""
    name = world.name()
    world.records(name, kinds[0])
    with pytest.raises(ClientError, match="InvalidChangeBatch"):
        world.records(name, kinds[1])
    other = world.name()
    weighted = [
        {"SetIdentifier": i, "Weight": w} for i, w in (("blue", 90), ("green", 0), ("red", 10))
    ]
    world.records(other, *weighted)


def test_aliases_of_aws_are_not_for_customers(world: World) -> None:
    kms = world.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/limits", TargetKeyId=key)
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        kms.create_alias(AliasName="alias/aws/limits", TargetKeyId=key)


def test_every_limit_names_its_aws_document() -> None:
    assert LIMITS
    assert all(entry.source.startswith("https://docs.aws.amazon.com/") for entry in LIMITS)
    assert all(entry.check.__doc__ for entry in LIMITS)
