"""The plans of the synthesized stacks, made by Terraform and read as JSON."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from operations import processes
from operations.errors import OperationError
from operations.progress import Progress

_LINES = 25  # of an error; Terraform's own text says what to do in fewer
_LONGEST = 500  # characters of a line that is no quotation of JSON
_LOCK = re.compile(r"^\s*(ID|Who|Operation|Created):\s+(.*)$", re.MULTILINE)


def plan_stacks(folders: Mapping[str, Path], variables: Mapping[str, str]) -> dict[str, Any]:
    """Plan stacks at once, and return what ``terraform show -json`` says of each.

    A saved plan has the values of the state in it, also the secret ones; so it is kept only until
    it is read.

    Parameters
    ----------
    folders
        Stack -> folder with its synthesized JSON.
    variables
        The whole environment of Terraform, with its workspace.

    Raises
    ------
    OperationError
        With Terraform's reason; when a state is locked, with who holds the lock.
    """
    with TemporaryDirectory(prefix="review-") as name, Progress("Planning") as progress:
        saved = {stack: Path(name) / f"{stack}.tfplan" for stack in folders}
        for stack, folder in folders.items():  # one after the other: they may share a plugin cache
            done = _run(folder, variables, "init", "-input=false", "-no-color")
            if done.returncode != 0:
                raise _failure(stack, folder, "init", done.stderr)
        progress.show(", ".join(folders))
        _plan_all(folders, variables, saved)
        with ThreadPoolExecutor() as threads:
            shown = threads.map(
                lambda stack: _show(stack, folders[stack], variables, saved[stack]), folders
            )
            return dict(zip(folders, shown, strict=True))


def _plan_all(
    folders: Mapping[str, Path], variables: Mapping[str, str], saved: Mapping[str, Path]
) -> None:
    with ExitStack() as running:
        outputs = {stack: path.with_suffix(".log") for stack, path in saved.items()}
        started = {}
        for stack, folder in folders.items():
            words = ["plan", "-input=false", "-no-color", f"-out={saved[stack]}"]
            log = running.enter_context(outputs[stack].open("w"))
            child = processes.child(
                ["terraform", *words], variables=variables, folder=folder, output=log.fileno()
            )
            started[stack] = running.enter_context(child)
        failed = [stack for stack, process in started.items() if process.wait() != 0]
    if failed:
        stack = failed[0]
        raise _failure(stack, folders[stack], "plan", outputs[stack].read_text())


def _show(stack: str, folder: Path, variables: Mapping[str, str], saved: Path) -> Any:
    done = _run(folder, variables, "show", "-json", str(saved))
    if done.returncode != 0:
        raise _failure(stack, folder, "show", done.stderr)
    return json.loads(done.stdout)


def _run(
    folder: Path, variables: Mapping[str, str], *words: str
) -> subprocess.CompletedProcess[str]:
    command = ["terraform", *words]
    return subprocess.run(
        command,
        cwd=folder,
        env=dict(variables),
        capture_output=True,
        text=True,
        check=False,
    )


def _failure(stack: str, folder: Path, verb: str, output: str) -> OperationError:
    lines = [re.sub(r"^[╷│╵]\s?", "", line).rstrip() for line in output.splitlines()]
    start = next((index for index, line in enumerate(lines) if "Error:" in line), 0)
    # Terraform quotes the line that an error is in, and synthesized JSON is one long line.
    told = "\n".join(line for line in lines[start:] if line and len(line) <= _LONGEST)
    if "Error acquiring the state lock" in told:
        lock = dict(_LOCK.findall(told))
        return OperationError(
            f"stack {stack}: its state is locked by {lock.get('Who', 'somebody')}"
            f" ({lock.get('Operation', 'an operation')}, {lock.get('Created', 'time unknown')})."
            " Wait until that is over. If nobody runs it any more:\n"
            f"  TF_WORKSPACE=<environment> terraform -chdir={folder} force-unlock"
            f" {lock.get('ID', '<id>')}"
        )
    first = "\n".join(told.splitlines()[:_LINES])
    return OperationError(f"stack {stack}: terraform {verb} failed:\n{first}")
