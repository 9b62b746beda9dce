"""R-F1, R-A4: a function's zip runs as on Lambda."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.functions.making import (
    call,
    eventually,
    log_lines,
    make_function,
    make_role,
    package,
    unique,
)

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws


def test_a_handler_sees_lambdas_environment_and_its_own_role(aws: EmbeddedAws) -> None:
    name = make_function(
        aws,
        "import os, boto3\n"
        "def handler(event, context):\n"
        "    return dict(os.environ, arn=context.invoked_function_arn, event=event,\n"
        "                left=context.get_remaining_time_in_millis(),\n"
        "                who=boto3.client('sts').get_caller_identity()['Arn'])\n",
        Environment={"Variables": {"TABLE": "orders"}},
        MemorySize=256,
    )

    answer, error = call(aws, name, {"a": "ü"})

    assert error is None
    assert answer["event"] == {"a": "ü"}
    assert answer["TABLE"] == "orders"
    assert answer["AWS_REGION"] == "us-east-1"
    assert answer["AWS_LAMBDA_FUNCTION_NAME"] == name
    assert answer["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert answer["AWS_LAMBDA_LOG_GROUP_NAME"] == f"/aws/lambda/{name}"
    assert answer["_X_AMZN_TRACE_ID"].startswith("Root=1-")
    assert answer["arn"] == f"arn:aws:lambda:us-east-1:{aws.account}:function:{name}"
    assert 0 < answer["left"] <= 20_000
    assert answer["who"].endswith(f"/{name}")
    assert "assumed-role" in answer["who"]


def test_a_sandbox_is_cold_once_and_warm_afterwards(aws: EmbeddedAws) -> None:
    name = make_function(
        aws, "import os\nn = []\ndef handler(e, c):\n n.append(1)\n return [os.getpid(), len(n)]"
    )

    first, _ = call(aws, name)
    second, _ = call(aws, name)

    assert second == [first[0], 2]


def test_changed_environment_variables_need_a_new_sandbox(aws: EmbeddedAws) -> None:
    name = make_function(aws, "import os\ndef handler(e, c): return os.environ.get('V')")
    assert call(aws, name)[0] is None

    aws.client("lambda").update_function_configuration(
        FunctionName=name, Environment={"Variables": {"V": "2"}}
    )

    assert call(aws, name)[0] == "2"


@pytest.mark.parametrize(
    ("source", "kind", "text"),
    [
        ("import nothing_of_this_name", "Runtime.ImportModuleError", "nothing_of_this_name"),
        ("def handler(e, c):\n  raise KeyError('k')", "KeyError", "'k'"),
        ("import os\ndef handler(e, c): os._exit(3)", "Runtime.ExitError", "exit status 3"),
        ("import os\ndef handler(e, c): os.kill(os.getpid(), 9)", "Runtime.ExitError", "signal"),
        ("x = 1", "Runtime.HandlerNotFound", "handler"),
        ("import moto", "Runtime.ImportModuleError", "moto"),
    ],
)
def test_a_failing_function_answers_with_the_error_of_lambda(
    aws: EmbeddedAws, source: str, kind: str, text: str
) -> None:
    name = make_function(aws, source)

    for _ in range(2):  # a broken sandbox is replaced, so the second time is like the first
        answer, error = call(aws, name)

        assert error == "Unhandled"
        assert answer["errorType"] == kind
        assert text in answer["errorMessage"]


def test_a_function_that_takes_too_long_is_stopped_at_its_timeout(aws: EmbeddedAws) -> None:
    name = make_function(
        aws,
        "import time\ndef handler(e, c):\n  time.sleep(e.get('s', 0))\n  return 'done'",
        Timeout=1,
    )

    slow, error = call(aws, name, {"s": 30})
    quick, no_error = call(aws, name, {"s": 0})

    assert error == "Unhandled"
    assert slow["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in slow["errorMessage"]
    assert (quick, no_error) == ("done", None)


def test_logs_stand_in_the_log_group_and_in_the_tail(aws: EmbeddedAws) -> None:
    name = make_function(aws, "def handler(e, c):\n print('first')\n print('second')")

    tail = aws.client("lambda").invoke(FunctionName=name, LogType="Tail")["LogResult"]

    text = base64.b64decode(tail).decode()
    assert text.startswith("START RequestId: ")
    assert "first\nsecond\nEND RequestId: " in text
    assert "Memory Size: 128 MB" in text
    lines = eventually(lambda: log_lines(aws, name))
    assert [lines[0][:5], *lines[1:3], lines[3][:3], lines[4][:6]] == [
        *("START", "first", "second", "END", "REPORT")
    ]


def test_a_role_without_log_permissions_loses_its_logs_and_runs_on(aws: EmbeddedAws) -> None:
    """R-F2."""
    role = make_role(aws)
    name = make_function(aws, "def handler(e, c):\n print('lost')\n return 1", Role=role)

    assert call(aws, name)[0] == 1

    eventually(lambda: any(name in notice for notice in aws.state.notices))
    assert log_lines(aws, name) == []
    principals = {(d.principal, d.action) for d in aws.state.denied}
    assert any(
        role.rsplit("/", 1)[1] in principal and action == "logs:CreateLogStream"
        for principal, action in principals
    )


def test_versions_keep_their_code_and_aliases_choose_one(aws: EmbeddedAws) -> None:
    """R-E3."""
    name = make_function(aws, "def handler(e, c): return [1, c.function_version]", Publish=True)
    client = aws.client("lambda")
    client.update_function_code(
        FunctionName=name,
        ZipFile=package({"app.py": "def handler(e, c): return [2, c.function_version]"}),
    )
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")

    assert call(aws, name)[0] == [2, "$LATEST"]
    assert call(aws, name, Qualifier="1")[0] == [1, "1"]
    assert call(aws, f"{name}:live")[0] == [1, "1"]
    arn = f"arn:aws:lambda:us-east-1:{aws.account}:function:{name}:live"
    assert call(aws, arn)[0] == [1, "1"]


def test_payloads_over_the_limits_are_refused(aws: EmbeddedAws) -> None:
    name = make_function(aws, "def handler(e, c): return 'x' * e.get('n', 0)")
    client = aws.client("lambda")

    with pytest.raises(ClientError, match="RequestTooLarge"):
        client.invoke(
            FunctionName=name,
            InvocationType="Event",
            Payload=json.dumps({"x": "y" * 1_048_577}).encode(),
        )
    with pytest.raises(ClientError, match="RequestTooLarge"):
        client.invoke(FunctionName=name, Payload=json.dumps({"x": "y" * 6_291_457}).encode())
    answer, error = call(aws, name, {"n": 6_291_456})
    assert (answer["errorType"], error) == ("Function.ResponseSizeTooLarge", "Unhandled")
    assert len(call(aws, name, {"n": 6_100_000})[0]) == 6_100_000


def test_reserved_concurrency_of_zero_throttles_every_call(aws: EmbeddedAws) -> None:
    name = make_function(aws, "def handler(e, c): return 1")
    client = aws.client("lambda")
    version = client.publish_version(FunctionName=name)["Version"]
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)

    with pytest.raises(ClientError, match="TooManyRequestsException"):
        call(aws, name)
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        client.invoke(FunctionName=name, Qualifier=version)

    client.delete_function_concurrency(FunctionName=name)
    assert call(aws, name)[0] == 1


def test_byte_code_of_another_python_is_passed_over_beside_its_source(aws: EmbeddedAws) -> None:
    foreign = b"\x00\x01\x02\x03 another Python's"
    files: dict[str, bytes | str] = {
        "app.py": "from helper import answer\ndef handler(e, c): return answer",
        "helper.py": "answer = 42",
        "helper.pyc": foreign,
        "__pycache__/helper.cpython-27.pyc": foreign,
    }
    name = make_function(aws, "", Code={"ZipFile": package(files)})

    assert call(aws, name) == (42, None)


def test_byte_code_of_another_python_without_source_is_refused_with_its_name(
    aws: EmbeddedAws,
) -> None:
    files: dict[str, bytes | str] = {"app.py": "import gone", "gone.pyc": b"\x00\x01\x02\x03"}
    name = make_function(aws, "", Code={"ZipFile": package(files)})

    answer, error = call(aws, name)

    assert error == "Unhandled"
    assert "gone.pyc is byte code of another Python" in answer["errorMessage"]


def test_a_function_that_waits_for_others_of_its_kind_does_not_block_the_machine(
    aws: EmbeddedAws,
) -> None:
    name = unique("nested")
    make_function(
        aws,
        "import boto3, json\n"
        "def handler(e, c):\n"
        "    if not e['n']: return 0\n"
        "    answer = boto3.client('lambda').invoke(\n"
        "        FunctionName=c.function_name, Payload=json.dumps({'n': e['n'] - 1}))\n"
        "    return 1 + json.loads(answer['Payload'].read())\n",
        ("lambda:InvokeFunction", f"arn:aws:lambda:us-east-1:{aws.account}:function:{name}"),
        FunctionName=name,
        Timeout=60,
    )

    assert call(aws, name, {"n": 5}) == (5, None)
