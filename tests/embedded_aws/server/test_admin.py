"""R-F3: faults, outages and the report of the embedded AWS."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from moto.backends import get_backend

from embedded_aws.state import RunState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded_aws.server import EmbeddedAws

ONCE = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})


def admin(aws: EmbeddedAws, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Call the admin API and return (status, answer)."""
    request = urllib.request.Request(  # noqa: S310 - http on loopback
        f"{aws.endpoint}/_embedded/{path}",
        data=None if body is None else json.dumps(body).encode(),
        method=method,
    )
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - http on loopback
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


@pytest.fixture(autouse=True)
def as_before(aws: EmbeddedAws) -> Iterator[None]:
    """Take faults and outages back."""
    yield
    aws.state.faults.clear()
    aws.state.regions_down = {}


def names(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def test_every_credential_belongs_to_the_account(aws: EmbeddedAws) -> None:
    one = aws.client("sts").get_caller_identity()["Account"]
    other = aws.client("sts", aws_access_key_id="somebody").get_caller_identity()["Account"]

    assert one == other == aws.account
    status, health = admin(aws, "GET", "health")
    assert (status, health["account"]) == (200, aws.account)


def test_the_report_lists_what_is_left_and_nothing_after_it_is_deleted(aws: EmbeddedAws) -> None:
    name = names("left")
    aws.client("s3", "us-west-2").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    url = aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    aws.client("logs", "us-west-2").create_log_group(logGroupName=name)
    aws.client("events").put_rule(Name=name, EventPattern='{"source": ["x"]}')
    key = aws.client("kms").create_key()["KeyMetadata"]["KeyId"]

    left = [entry for entry in admin(aws, "GET", "report")[1]["left"] if name in entry]
    assert left == [
        f"events/us-east-1/{name}",
        f"logs/us-west-2/{name}",
        f"s3/us-west-2/{name}",
        f"sqs/us-east-1/{name}",
    ]
    assert f"kms/us-east-1/{key}" in admin(aws, "GET", "report")[1]["left"]

    aws.client("s3", "us-west-2").delete_bucket(Bucket=name)
    aws.client("sqs").delete_queue(QueueUrl=url)
    aws.client("logs", "us-west-2").delete_log_group(logGroupName=name)
    aws.client("events").delete_rule(Name=name)
    aws.client("kms").schedule_key_deletion(KeyId=key)
    text = json.dumps(admin(aws, "GET", "report")[1]["left"])
    assert name not in text
    assert key not in text


@pytest.mark.parametrize(
    ("operation", "service", "call"),
    [
        ("dynamodb:ListTables", "dynamodb", lambda c: c.list_tables()),
        ("sqs:ListQueues", "sqs", lambda c: c.list_queues()),
        ("iam:ListRoles", "iam", lambda c: c.list_roles()),
        ("sns:ListTopics", "sns", lambda c: c.list_topics()),
        ("lambda:ListFunctions", "lambda", lambda c: c.list_functions()),
        ("s3:ListBuckets", "s3", lambda c: c.list_buckets()),
        ("events:*", "events", lambda c: c.list_rules()),
    ],
)
def test_a_fault_hits_its_operation_as_often_as_asked(
    aws: EmbeddedAws, operation: str, service: str, call: Any
) -> None:
    fault = {"operation": operation, "count": 1, "status": 400, "code": "Broken"}
    assert admin(aws, "POST", "faults", fault)[0] == 200
    client = aws.client(service, config=ONCE)

    with pytest.raises(ClientError, match="Broken"):
        call(client)

    assert call(client)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_put_object_is_told_from_its_neighbours(aws: EmbeddedAws) -> None:
    s3 = aws.client("s3", config=ONCE)
    bucket = names("neighbours")
    admin(aws, "POST", "faults", {"operation": "s3:PutObject", "code": "SlowDown"})
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})

    with pytest.raises(ClientError, match="SlowDown"):
        s3.put_object(Bucket=bucket, Key="a/b", Body=b"x")

    s3.put_object(Bucket=bucket, Key="a/b", Body=b"x")


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("faults", {"nothing": 1}, "'nothing' is unknown"),
        ("faults", {"count": "many"}, "count = 'many' must be of type int"),
        ("faults", {"probability": 2}, "from 0 to 1"),
        ("faults", {"status": 200}, "from 400 to 599"),
        ("faults", [], "must be a JSON object"),
        ("regions", {"region": "us-east-1"}, "true or false"),
        ("expire", {"when": 1}, "'when' is unknown"),
        ("expire", {"now": "soon"}, "now = 'soon' must be seconds"),
        ("regions", {"region": "us-east-1", "down": True, "mode": "x"}, "503, connection"),
    ],
)
def test_a_wrong_request_gets_a_sentence(
    aws: EmbeddedAws, path: str, body: Any, message: str
) -> None:
    status, answer = admin(aws, "POST", path, body)

    assert status == 400
    assert message in answer["error"]


def test_a_region_that_is_down_takes_only_its_own_services_along(aws: EmbeddedAws) -> None:
    """R-A10: us-east-1 has the control planes of IAM and Route 53."""
    bucket = names("west")
    aws.client("s3", "us-west-2").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )

    admin(aws, "POST", "regions", {"region": "us-east-1", "down": True})

    for service, region, call in (
        ("dynamodb", "us-east-1", "list_tables"),
        ("iam", "us-west-2", "list_roles"),
        ("route53", "us-west-2", "list_hosted_zones"),
    ):
        with pytest.raises(ClientError, match="us-east-1 is down"):
            getattr(aws.client(service, region, config=ONCE), call)()
    aws.client("dynamodb", "us-west-2").list_tables()
    aws.client("sts", "us-west-2").get_caller_identity()
    aws.client("s3", "us-east-1").list_objects_v2(Bucket=bucket)

    admin(aws, "POST", "regions", {"region": "us-east-1", "down": True, "mode": "connection"})
    with pytest.raises(BotoCoreError):
        aws.client("dynamodb", config=ONCE).list_tables()

    admin(aws, "POST", "regions", {"region": "us-east-1", "down": False})
    aws.client("iam").list_roles()


def test_a_fault_knows_every_service_by_the_name_of_its_model(aws: EmbeddedAws) -> None:
    admin(aws, "POST", "faults", {"operation": "cloudwatch:DescribeAlarms", "code": "Throttling"})
    admin(aws, "POST", "faults", {"operation": "stepfunctions:ListStateMachines", "code": "Busy"})
    admin(aws, "POST", "faults", {"operation": "route53:ListHostedZones", "code": "Slow"})

    for service, call, code in (
        ("cloudwatch", "describe_alarms", "Throttling"),
        ("stepfunctions", "list_state_machines", "Busy"),
        ("route53", "list_hosted_zones", "Slow"),
    ):
        with pytest.raises(ClientError) as refused:
            getattr(aws.client(service, config=ONCE), call)()
        assert refused.value.response["Error"]["Code"] == code


def test_a_bug_below_is_an_answer_and_in_the_report(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("moto.iam.responses.IamResponse.list_roles", broken)

    with pytest.raises(ClientError, match="planted"):
        aws.client("iam", config=ONCE).list_roles()

    assert any("iam:ListRoles" in text for text in aws.state.errors)
    aws.state.errors.clear()


def test_what_aws_makes_by_itself_is_never_left(aws: EmbeddedAws) -> None:
    """Default resources of a new account, service-linked roles and AWS managed keys."""
    before = set(admin(aws, "GET", "report")[1]["left"])
    name = names("own")

    for service in ("athena", "ecr", "elasticache", "events", "ec2", "rds", "redshift"):
        get_backend(service)[aws.account]["eu-west-1"]
    aws.client("iam").create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    table = {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "SSESpecification": {"Enabled": True},
    }
    aws.client("dynamodb", "eu-west-1").create_table(TableName=name, **table)
    user = aws.client("iam").create_user(UserName="default")["User"]["UserName"]

    left = set(admin(aws, "GET", "report")[1]["left"]) - before
    aws.client("dynamodb", "eu-west-1").delete_table(TableName=name)
    aws.client("iam").delete_user(UserName=user)
    assert left == {f"dynamodb/eu-west-1/{name}", "iam/aws/default"}
    assert set(admin(aws, "GET", "report")[1]["left"]) == before


def test_the_report_is_made_while_resources_come_and_go(aws: EmbeddedAws) -> None:
    class Changing(dict[str, Any]):
        """Changes once while it is read, as moto's containers do under load."""

        reads = 0

        def items(self) -> Any:
            for entry in super().items():
                yield entry
                self.reads += 1
                if self.reads == 1:
                    self["queue-2"] = object()

    backend = get_backend("sqs")[aws.account]["eu-west-3"]
    backend.queues = Changing({"queue-1": object()})
    try:
        left = admin(aws, "GET", "report")[1]["left"]
    finally:
        backend.queues = {}
    assert {"sqs/eu-west-3/queue-1", "sqs/eu-west-3/queue-2"} <= set(left)


def test_a_bug_of_the_report_is_an_answer_and_stands_in_the_log(
    aws: EmbeddedAws, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken() -> int:
        raise LookupError("planted")

    aws.state.gauge("planted", broken)
    try:
        status, answer = admin(aws, "GET", "report")
    finally:
        del aws.state.gauges["planted"]
    assert (status, answer) == (500, {"error": "LookupError('planted')"})
    assert 'raise LookupError("planted")' in capfd.readouterr().err
    aws.state.errors.remove("GET report: LookupError('planted')")


def test_what_moves_on_while_it_is_counted_is_not_idle() -> None:
    """A change that leaves replication for a stream after the stream was counted."""
    run = RunState()
    places = {"stream": 0, "replication": 1}

    def stream() -> int:
        found = places["stream"]
        places.update(stream=1, replication=0)
        return found

    run.gauge("stream", stream)
    run.gauge("replication", lambda: places["replication"])
    assert run.pending() == {"stream": 1}
