"""The CDK for Terraform command line: what it is called with, and what of its output is shown."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path

from operations import ROOT, processes
from operations.embedded import LOG_FOLDER
from operations.errors import OperationError
from operations.progress import Progress
from operations.toolchain import bin_folder

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_STACK = re.compile(r"^(\S+)\s+\S")  # the lines of a stack begin with its name or with spaces
_PLANNED = re.compile(r"Plan: (\d+) to add, (\d+) to change, (\d+) to destroy")
_DONE = re.compile(r": (?:Creation|Modifications|Destruction) complete after")
_ERROR_LINES = 40
OUTPUT = ROOT / "cdktf.out"


def arguments(verb: str, *stacks: str, output: Path = OUTPUT) -> list[str]:
    """Return a cdktf command on what is synthesized already."""
    return [str(bin_folder() / "cdktf"), verb, *stacks, "--output", str(output), "--skip-synth"]


def synth(variables: Mapping[str, str], workspace: str, output: Path) -> None:
    """Synthesize an environment with ``cdktf synth``.

    Raises
    ------
    OperationError
        With the app's own message.
    """
    command = [str(bin_folder() / "cdktf"), "synth", "--output", str(output)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**variables, "TF_WORKSPACE": workspace},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        text = _ANSI.sub("", f"{done.stdout}\n{done.stderr}")
        found = text[text.find("error:") :] if "error:" in text else text
        raise OperationError(f"the synth failed: {found.removeprefix('error:').strip()}")


def deploy(variables: Mapping[str, str], workspace: str, output: Path, progress: Progress) -> None:
    """Apply every stack, in the order of their dependencies.

    Raises
    ------
    OperationError
        With the last lines of Terraform's output and where all of it is.
    """
    _run("deploy", variables, workspace, output, progress)


def destroy(variables: Mapping[str, str], workspace: str, output: Path, progress: Progress) -> None:
    """Destroy every stack, the dependent ones first.

    Raises
    ------
    OperationError
        As for ``deploy``.
    """
    _run("destroy", variables, workspace, output, progress)


def _run(
    verb: str, variables: Mapping[str, str], workspace: str, output: Path, progress: Progress
) -> None:
    command = arguments(verb, "*", output=output)
    command += ["--auto-approve", "--skip-provider-lock"]
    LOG_FOLDER.mkdir(parents=True, exist_ok=True)
    log = LOG_FOLDER / f"{verb}.log"
    lines: list[str] = []
    started = processes.child(
        command,
        variables={**variables, "TF_WORKSPACE": workspace, "CI": "true"},
        folder=ROOT,
        output=subprocess.PIPE,
    )
    with log.open("w") as file, started as process:
        counts = _Counts(progress, {path.name for path in (output / "stacks").iterdir()})
        for raw in process.stdout or ():
            line = _ANSI.sub("", raw.rstrip())
            file.write(line + "\n")
            file.flush()
            lines.append(line)
            counts.read(line)
        failed = process.wait() != 0
    if failed:
        raise OperationError(
            f"cdktf {verb} failed; all of its output is in {log.relative_to(ROOT)}:\n"
            + "\n".join(_errors(lines))
        )


class _Counts:
    """Counts resources per stack while Terraform works."""

    def __init__(self, progress: Progress, stacks: Collection[str]) -> None:
        self._progress = progress
        self._stacks = stacks
        self._current = ""
        self._planned: dict[str, int] = {}
        self._done: dict[str, int] = {}

    def read(self, line: str) -> None:
        if (stack := _STACK.match(line)) and stack[1] in self._stacks:
            self._current = stack[1]
        if found := _PLANNED.search(line):
            self._planned[self._current] = sum(int(count) for count in found.groups())
            self._done.setdefault(self._current, 0)
        elif _DONE.search(line):
            self._done[self._current] = self._done.get(self._current, 0) + 1
        else:
            return
        parts = [
            f"{stack} {done}/{self._planned.get(stack, done)}" for stack, done in self._done.items()
        ]
        self._progress.show(", ".join(parts))


def _errors(lines: list[str]) -> list[str]:
    marked = [index for index, line in enumerate(lines) if "Error:" in line]
    start = marked[0] if marked else max(0, len(lines) - _ERROR_LINES)
    return [line for line in lines[start : start + _ERROR_LINES] if line.strip()]
