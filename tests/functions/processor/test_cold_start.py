"""R-A4: what a new execution environment of the processor does not spend its time on."""

import os
import subprocess
import sys
from pathlib import Path

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
        "DATASETS_FILE": str(datasets),
    }
    done = subprocess.run(
        [sys.executable, "-c", f"import processor.handler\n{code}"],
        env=variables | VARIABLES,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_nothing_is_imported_that_few_invocations_need(tmp_path: Path) -> None:
    modules = told("import sys; print(*sys.modules)", tmp_path)

    assert "botocore.session" in modules
    for name in ("boto3", "jsonschema", "aws_xray_sdk", "pydantic", "sqlite3", "html.parser"):
        assert name not in modules


def test_the_queue_is_connected_when_there_is_something_to_tell_it(tmp_path: Path) -> None:
    code = """
from shared import aws_clients
made = []
session = aws_clients.aws_session()
create = session.create_client
session.create_client = lambda name, **rest: (made.append(name), create(name, **rest))[1]
client = processor.handler.queue._client
print(len(made))
print(client.meta.service_model.service_name, *made)
"""
    assert told(code, tmp_path) == ["0", "sqs", "sqs"]


def test_what_the_start_left_is_kept_from_the_garbage_collector(tmp_path: Path) -> None:
    frozen, first, later = told(
        "import gc; print(gc.get_freeze_count(), gc.get_threshold()[0], gc.isenabled())", tmp_path
    )

    assert int(frozen) > 50_000
    assert int(first) < 100_000
    assert later == "True"


def test_botocores_documentation_is_there_for_whoever_asks_later(tmp_path: Path) -> None:
    code = """
import boto3
print(boto3.resource("dynamodb", region_name="us-east-1").Table("t").table_name)
from botocore.docs import DEPRECATED_SERVICE_NAMES
print(len(DEPRECATED_SERVICE_NAMES) > 0)
"""
    assert told(code, tmp_path) == ["t", "True"]
