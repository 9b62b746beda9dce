"""R-C3: what a new execution environment of the API function does not spend its time on."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

from shared.aws_clients import ClientOnDemand

from .conftest import VARIABLES

LAMBDAS = Path(__file__).parents[3] / "lambdas"


def told(code: str, tmp_path: Path) -> list[str]:
    """Run code in a Python of its own, after the start of the function; return what it prints."""
    datasets = tmp_path / "datasets.json"
    datasets.write_text("{}")
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(LAMBDAS),
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "DATASETS_FILE": str(datasets),
        "STATE_MACHINE_ARN": "arn:aws:states:us-east-1:111122223333:stateMachine:process",
        "STATE_MACHINE_ALIAS": "live",
        "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/dead",
    }
    watching = """
from shared import aws_clients
made = []
session = aws_clients.aws_session()
create = session.create_client
session.create_client = lambda name, **rest: (made.append(name), create(name, **rest))[1]
import sys
import api.handler
"""
    done = subprocess.run(
        [sys.executable, "-c", f"{watching}\n{code}"],
        env=variables | VARIABLES,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_nothing_is_imported_that_few_requests_need(tmp_path: Path) -> None:
    modules = told("print(*sys.modules)", tmp_path)

    assert "botocore.session" in modules
    for name in ("boto3", "jsonschema", "aws_xray_sdk", "pydantic", "sqlite3"):
        assert name not in modules


def test_only_the_tables_are_connected_at_the_start(tmp_path: Path) -> None:
    assert told("print(*made)", tmp_path) == ["dynamodb"]


def test_threads_that_come_at_once_share_one_client() -> None:
    """R-C3: a session of botocore makes clients in one thread at a time."""
    made: list[SimpleNamespace] = []

    def create() -> SimpleNamespace:
        time.sleep(0.05)
        made.append(SimpleNamespace(number=len(made)))
        return made[-1]

    client = ClientOnDemand(create)
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: client.number, range(8)))

    assert numbers == [0] * 8
    assert len(made) == 1
