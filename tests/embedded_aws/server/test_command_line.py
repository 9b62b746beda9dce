"""R-F1, R-D2: `python -m embedded_aws` for any AWS client, and nothing of it stays behind."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest

ROOT = Path(__file__).parents[3]
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


def command(cache: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "embedded_aws", "--cache", str(cache), *arguments]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache for all: the provider's schema is read for the first process only."""
    return tmp_path_factory.mktemp("cache")


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not status.exists() or "zombie" not in status.read_text(encoding="ascii")


def wait_for(look: Any, seconds: float = 30.0) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("nothing came in time")


def start_sleeper(variables: dict[str, str]) -> None:
    """Make a function whose invocation never ends."""

    def client(service: str) -> Any:
        return boto3.client(
            service,
            region_name=variables["AWS_REGION"],
            endpoint_url=variables["AWS_ENDPOINT_URL"],
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        )

    role = client("iam").create_role(RoleName="sleeper", AssumeRolePolicyDocument=TRUST)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            "app.py",
            "import os, subprocess, time\n"
            "def handler(e, c):\n"
            "    child = subprocess.Popen(['sleep', '600'])\n"
            "    with open(e['file'] + '.new', 'w') as f: f.write(f'{os.getpid()} {child.pid}')\n"
            "    os.rename(e['file'] + '.new', e['file'])\n"
            "    time.sleep(600)\n",
        )
    client("lambda").create_function(
        FunctionName="sleeper",
        Role=role["Role"]["Arn"],
        Runtime="python3.13",
        Handler="app.handler",
        Timeout=600,
        Code={"ZipFile": buffer.getvalue()},
    )
    file = Path(variables["file"])
    client("lambda").invoke(
        FunctionName="sleeper",
        InvocationType="Event",
        Payload=json.dumps({"file": str(file)}).encode(),
    )
    wait_for(file.exists)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_child_survives_the_process_whatever_ends_it(
    tmp_path: Path, cache: Path, number: signal.Signals
) -> None:
    file = tmp_path / "environment"
    process = subprocess.Popen(
        command(cache, "--account", "111122223333", "--environment-file", str(file)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: file.exists() or process.poll() is not None, 60)
        lines = file.read_text(encoding="utf-8").splitlines()
        pairs = (line.removeprefix("export ").split("=", 1) for line in lines)
        variables = {name: value.strip("'") for name, value in pairs}
        assert json.loads(variables["TF_REATTACH_PROVIDERS"])
        variables["file"] = str(tmp_path / "pids")
        start_sleeper(variables)
        pids = [int(pid) for pid in (tmp_path / "pids").read_text(encoding="ascii").split()]
        assert all(exists(pid) for pid in pids)

        process.send_signal(number)
        status = process.wait(timeout=20)

        wait_for(lambda: not any(exists(pid) for pid in pids))
        assert status == (0 if number != signal.SIGKILL else -signal.SIGKILL)
        assert process.stdout is not None
        assert variables["AWS_ENDPOINT_URL"] in process.stdout.read()
    finally:
        process.kill()
        process.wait()


def test_a_first_start_says_what_takes_so_long_and_can_be_interrupted(tmp_path: Path) -> None:
    with subprocess.Popen(
        command(tmp_path, "--environment-file", str(tmp_path / "environment")),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        assert "first start with this cache" in process.stderr.readline()

        process.send_signal(signal.SIGINT)

        assert process.wait(timeout=20) == 0
        assert process.stdout.read() == ""
        assert "Traceback" not in process.stderr.read()
        assert not (tmp_path / "environment").exists()


def test_wrong_arguments_get_a_sentence_and_status_2(cache: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for arguments, message in (
            (("--account", "12"), "account '12' is not an AWS account id: give 12 digits"),
            (("--port", port), f"port {port} on 127.0.0.1 is not free"),
            (("--port", "70000"), "give a port from 0 to 65535"),
        ):
            done = subprocess.run(
                command(cache, *arguments), cwd=ROOT, capture_output=True, text=True, check=False
            )
            assert done.returncode == 2
            assert message in done.stderr
            assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "output", "message"),
    [
        (("--environment-file", "/dev/null/x/y"), None, "--environment-file cannot be written"),
        (("--cache", "/dev/null/cache"), None, "/dev/null/cache"),
        ((), "/dev/full", "No space left on device"),
    ],
)
def test_a_disk_that_takes_nothing_gets_one_line_and_status_1(
    cache: Path, arguments: tuple[str, ...], output: str | None, message: str
) -> None:
    with Path(output or os.devnull).open("w", encoding="ascii") as stdout:
        done = subprocess.run(
            command(cache, *arguments),
            cwd=ROOT,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 1
    *before, last = done.stderr.splitlines()
    assert message in last
    assert not any("Traceback" in line for line in before)
