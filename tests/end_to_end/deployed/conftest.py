"""One deployment of dev, kept up by `make local`'s own command, for all tests of this folder."""

import json
import shlex
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from operations.command_line import configuration
from operations.demo.processing import (
    LedgerEntry,
    Upload,
    upload,
    wait_for_ledger,
    wait_for_rest,
)
from operations.demo.samples import Sample
from operations.embedded import EmbeddedAws
from operations.progress import Progress
from pipeline.config import Environment
from pipeline.datasets import Dataset, load_datasets
from pipeline.naming import LIVE, Function, Names
from tests.end_to_end.deployed.calling import Api
from tests.end_to_end.made_up_files import write_input
from tests.project_copy import Project, Result, copy_project, run

PRIMARY, SECONDARY = "us-east-1", "us-west-2"
STACKS = ("account", "edge", "foundation", "primary", "secondary")
ORIGINS = ("https://data.example.com", "https://admin.example.com")
"""Whose pages may call the API, besides what dev says."""

_READY_SECONDS = 240
_POLL_SECONDS = 4


@dataclass(frozen=True)
class Deployment:
    """dev, deployed with the samples' datasets and the made-up ones.

    Parameters
    ----------
    project
        The copy of the project that deployed it.
    aws
        The embedded AWS that it is deployed to.
    given
        The variables of its environment file, and nothing else.
    made_up
        The folder with the made-up files.
    """

    project: Project
    aws: EmbeddedAws
    given: dict[str, str]
    made_up: Path

    @property
    def environment(self) -> Environment:
        return configuration("dev")

    @property
    def names(self) -> Names:
        return Names(self.environment)

    @property
    def datasets(self) -> dict[str, Dataset]:
        return {each.name: each for each in load_datasets([self.project.folder / "datasets"])}

    def stack(self, name: str) -> Path:
        """Return the folder of a synthesized stack."""
        return self.project.folder / "cdktf.out" / "stacks" / name

    def copied_stack(self, name: str, target: Path) -> tuple[Path, dict[str, Any]]:
        """Copy a stack for a change by hand; also return its JSON."""
        shutil.copytree(self.stack(name), target, symlinks=True)
        return target, json.loads((target / "cdk.tf.json").read_text())

    def user(self, *words: str, **variables: str) -> Result:
        """Run a command as a user whose shell has .venv and the environment file, no more."""
        given = self.project.variables(**{**self.given, **variables})
        return run(words, self.project.folder, given, 300)

    def terraform(self, folder: Path, *words: str, workspace: str = "dev") -> Result:
        """Run Terraform in a stack's folder."""
        return self.user("terraform", f"-chdir={folder}", *words, TF_WORKSPACE=workspace)

    def plan(self, folder: Path) -> Result:
        """Plan: code 0 is no change, 2 a change, 1 an error."""
        return self.terraform(folder, "plan", "-input=false", "-no-color", "-detailed-exitcode")

    def apply(self, folder: Path, *words: str) -> Result:
        """Apply without a question."""
        return self.terraform(folder, "apply", "-input=false", "-no-color", "-auto-approve", *words)

    def changes(self, folder: Path) -> dict[str, tuple[list[str], set[str]]]:
        """Plan and return address -> (actions, the attributes that change to a known value)."""
        saved = folder / "changes.tfplan"
        planned = self.terraform(folder, "plan", "-input=false", f"-out={saved}")
        assert planned.code == 0, planned.text
        shown = json.loads(self.terraform(folder, "show", "-json", str(saved)).output)
        found = {}
        for each in shown["resource_changes"]:
            change = each["change"]
            if each["mode"] == "managed" and change["actions"] != ["no-op"]:
                before, after = change["before"] or {}, change["after"] or {}
                known = (before | after).keys() - change["after_unknown"].keys()
                names = {key for key in known if before.get(key) != after.get(key)}
                found[each["address"]] = (change["actions"], names)
        return found

    def configure(self, function: Function, region: str, **settings: Any) -> None:
        """Change a function's settings, publish them, and let the alias have them."""
        client, name = self.aws.client("lambda", region), self.names.function(function)
        client.update_function_configuration(FunctionName=name, **settings)
        version = client.publish_version(FunctionName=name)["Version"]
        client.update_alias(FunctionName=name, Name=LIVE, FunctionVersion=version)

    def hide_messages(self, region: str, seconds: str) -> str:
        """Set how long the work queue hides what was received; return how long it did."""
        sqs = self.aws.client("sqs", region)
        url = sqs.get_queue_url(QueueName=self.names.queue("data-processing"))["QueueUrl"]
        wanted = "VisibilityTimeout"
        before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[wanted])["Attributes"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={wanted: seconds})
        # "SetQueueAttributes": it takes its time; a poll that waits already hides as before.
        time.sleep(_POLL_SECONDS)
        return str(before[wanted])

    def ask(self, path: str, **body: Any) -> None:
        """Post to the admin API of the embedded AWS."""
        request = urllib.request.Request(  # noqa: S310
            f"{self.aws.endpoint}/_embedded/{path}", json.dumps(body).encode()
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            assert answer.status == 200

    def sample(self, dataset: str, path: Path, region: str, name: str = "") -> Sample:
        """Return a file as it will be uploaded."""
        found = self.datasets[dataset]
        return Sample(path, found, found.prefix + (name or path.name), region)

    def upload(self, samples: Sequence[Sample]) -> list[Upload]:
        """Upload files."""
        return upload(self.aws, self.names, samples)

    def wait(self, uploads: Sequence[Upload]) -> dict[str, LedgerEntry]:
        """Wait for the end of their processing; return what the ledger says, by key."""
        with Progress("Processing") as progress:
            entries = wait_for_ledger(self.aws, self.names, uploads, progress)
            wait_for_rest(self.aws, progress)
        return {entry.upload.sample.key: entry for entry in entries}

    def rest(self, progress: Progress) -> None:
        """Wait until replication, streams and queues have nothing left to do."""
        wait_for_rest(self.aws, progress)

    def quarantined(self, entry: LedgerEntry) -> list[dict[str, Any]]:
        """Return the lines of an object's quarantine file."""
        key, _, version = entry.upload.object_id.rpartition("#")
        sample = entry.upload.sample
        s3 = self.aws.client("s3", sample.region)
        bucket = self.names.bucket("data-quarantine", sample.region)
        found = s3.get_object(Bucket=bucket, Key=f"quarantine/{key}/{version}.jsonl")
        return [json.loads(line) for line in found["Body"].read().splitlines()]

    def items(self, table: str, region: str) -> list[dict[str, Any]]:
        """Return all items of a table."""
        pages = self.aws.client("dynamodb", region).get_paginator("scan")
        return [
            item
            for page in pages.paginate(TableName=table, ConsistentRead=True)
            for item in page["Items"]
        ]


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Deploy dev once; at the end Ctrl-C ends it, and leaves nothing (R-D2 R-F1)."""
    folder = tmp_path_factory.mktemp("deployed")
    project = copy_project(folder / "project")
    made_up = write_input(folder / "own files")
    for dataset in made_up.iterdir():
        (project.folder / "datasets" / dataset.name).symlink_to(dataset)
    settings = project.folder / "environments" / "dev.toml"
    given_api = f"[api]\ncors_origins = {json.dumps(ORIGINS)}\n"
    settings.write_text(settings.read_text().replace("[api]\n", given_api))
    log = folder / "local.log"
    command = [str(project.python), "-m", "operations.local", "--port", "0"]
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=project.folder,
            env=project.variables(),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    file = project.folder / "build" / "local.sh"
    try:
        _wait_until_up(process, log)
        given = _read(file)
        aws = EmbeddedAws({**project.variables(), **given}, file, process)
        yield Deployment(project, aws, given, made_up)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            code = process.wait(timeout=60)
        finally:
            process.kill()
    assert code == 130, log.read_text()
    assert not file.exists()


@pytest.fixture(params=[PRIMARY, SECONDARY])
def api(request: pytest.FixtureRequest, deployed: Deployment) -> Api:
    """The API of each region."""
    return Api(deployed, request.param)


@pytest.fixture
def primary(deployed: Deployment) -> Api:
    """The API of the primary region."""
    return Api(deployed, PRIMARY)


@pytest.fixture
def secondary(deployed: Deployment) -> Api:
    """The API of the secondary region."""
    return Api(deployed, SECONDARY)


def _wait_until_up(process: subprocess.Popen[str], log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while "The pipeline is up at" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)


def _read(file: Path) -> dict[str, str]:
    words = (word for line in file.read_text().splitlines() for word in shlex.split(line))
    return dict(word.split("=", 1) for word in words if "=" in word)
