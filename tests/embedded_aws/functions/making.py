"""Functions that the tests make: tiny zips with roles of their own."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_aws.server import EmbeddedAws

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def package(files: dict[str, bytes | str]) -> bytes:
    """Return a zip of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def unique(prefix: str) -> str:
    """Return a name that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def make_role(aws: EmbeddedAws, *allowed: tuple[str | list[str], str | list[str]]) -> str:
    """Return the ARN of a new role that may do (actions, resources)."""
    name = unique("role")
    iam = aws.client("iam")
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    if allowed:
        statements = [{"Effect": "Allow", "Action": a, "Resource": r} for a, r in allowed]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=document)
    return arn


LOGS = (["logs:CreateLogStream", "logs:PutLogEvents"], "*")


def make_function(
    aws: EmbeddedAws,
    source: str,
    *allowed: tuple[str | list[str], str | list[str]],
    **settings: Any,
) -> str:
    """Create a function with a log group of its own and return its name."""
    name: str = settings.pop("FunctionName", None) or unique("fn")
    region = settings.pop("region", "us-east-1")
    if settings.pop("log_group", True):
        aws.client("logs", region).create_log_group(logGroupName=f"/aws/lambda/{name}")
    aws.client("lambda", region).create_function(
        FunctionName=name,
        **{
            "Runtime": "python3.13",
            "Role": make_role(aws, LOGS, *allowed),
            "Handler": "app.handler",
            "Timeout": 20,
            "Code": {"ZipFile": package({"app.py": source})},
            **settings,
        },
    )
    return name


def call(aws: EmbeddedAws, name: str, event: Any = None, **options: Any) -> tuple[Any, Any]:
    """Invoke a function and return (payload, function error)."""
    answer = aws.client("lambda").invoke(
        FunctionName=name, Payload=json.dumps(event or {}).encode(), **options
    )
    return json.loads(answer["Payload"].read() or b"null"), answer.get("FunctionError")


def eventually(look: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Return the first true result of `look`; fail when there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.03)
    raise AssertionError(f"nothing came within {seconds} s")


def make_queue(aws: EmbeddedAws, **attributes: str) -> tuple[str, str]:
    """Return (URL, ARN) of a new queue."""
    sqs = aws.client("sqs")
    url: str = sqs.create_queue(QueueName=unique("queue"), Attributes=attributes)["QueueUrl"]
    arn: str = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    return url, arn


def take(aws: EmbeddedAws, url: str) -> list[dict[str, Any]]:
    """Receive what is in a queue."""
    answer = aws.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    found: list[dict[str, Any]] = answer.get("Messages", [])
    return found


def log_lines(aws: EmbeddedAws, name: str) -> list[str]:
    """Return what CloudWatch Logs has of a function."""
    events = aws.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return [event["message"] for event in events]
