"""The embedded AWS as a child process, for the commands that run everything on this machine."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from operations import ROOT, processes
from operations.errors import OperationError
from operations.toolchain import environment as tool_variables

_READY_SECONDS = 60.0
_POLL_SECONDS = 0.05
LOG_FOLDER = ROOT / "build" / "logs"


@dataclass(frozen=True)
class EmbeddedAws:
    """A running embedded AWS.

    Parameters
    ----------
    variables
        The whole environment for a process that shall reach it instead of AWS.
    environment_file
        The same as shell lines, for ``source``.
    process
        The child itself.
    clients
        The clients made so far, by service and region.
    """

    variables: dict[str, str]
    environment_file: Path
    process: subprocess.Popen[str]
    clients: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)

    @property
    def endpoint(self) -> str:
        """The URL for ``--endpoint-url``."""
        return self.variables["AWS_ENDPOINT_URL"]

    def session(self) -> boto3.Session:
        """Return a session with its administrator's credentials."""
        # Nothing of the person's own AWS settings: their profile may not even exist.
        core = botocore.session.Session(
            {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}
        )
        core.set_default_client_config(Config(proxies={}))
        return boto3.Session(
            botocore_session=core,
            aws_access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.variables["AWS_SECRET_ACCESS_KEY"],
            region_name=self.variables["AWS_REGION"],
        )

    def client(self, service: str, region: str) -> Any:
        """Return a client of one service in one region; making one takes half a second."""
        if (service, region) not in self.clients:
            made = self.session().client(service, region_name=region, endpoint_url=self.endpoint)
            self.clients[service, region] = made
        return self.clients[service, region]

    def report(self) -> dict[str, Any]:
        """Return what it has to tell: refusals, what was only recorded, what is left."""
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"{self.endpoint}/_embedded/report") as answer:
            content: dict[str, Any] = json.load(answer)
        return content


@contextmanager
def embedded_aws(account: str, environment_file: Path, port: int = 0) -> Iterator[EmbeddedAws]:
    """Start an embedded AWS and stop it at the end, whatever happens in between.

    Parameters
    ----------
    account
        The AWS account id that it takes on, 12 digits.
    environment_file
        Where it writes how to reach it.
    port
        Its port on 127.0.0.1; 0: a free one.

    Raises
    ------
    OperationError
        When it does not get ready.
    """
    environment_file.parent.mkdir(parents=True, exist_ok=True)
    environment_file.unlink(missing_ok=True)
    LOG_FOLDER.mkdir(parents=True, exist_ok=True)
    log = LOG_FOLDER / "embedded-aws.log"
    command = [
        *(sys.executable, "-m", "embedded_aws", "--account", account, "--port", str(port)),
        *("--environment-file", os.fspath(environment_file)),
    ]
    variables = _on_loopback(tool_variables())
    with log.open("w") as output:
        started = processes.child(command, variables=variables, folder=ROOT, output=output.fileno())
        with started as process:
            _wait_until_ready(process, environment_file, log)
            own = _read(environment_file)
            yield EmbeddedAws({**variables, **own}, environment_file, process)
            environment_file.unlink(missing_ok=True)


def _on_loopback(variables: dict[str, str]) -> dict[str, str]:
    """Return the variables without the person's own AWS account and past their proxy."""
    kept = {name: value for name, value in variables.items() if not name.startswith("AWS_")}
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, (variables.get(name), "127.0.0.1", "localhost")))
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**kept, **nothing}


def _wait_until_ready(process: subprocess.Popen[str], file: Path, log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            last = log.read_text().strip().splitlines()[-5:]
            raise OperationError(
                f"the embedded AWS did not start; its output is in {log.relative_to(ROOT)}:\n"
                + "\n".join(last)
            )
        time.sleep(_POLL_SECONDS)


def _read(file: Path) -> dict[str, str]:
    variables = {}
    for line in file.read_text().splitlines():
        for word in shlex.split(line.removeprefix("export "), comments=True):
            name, _, value = word.partition("=")
            variables[name] = value
    return variables
