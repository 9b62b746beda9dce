"""Child processes that end with us: whole trees, also what a child started in a session apart."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import psutil

INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # SIGHUP: the terminal was closed
_GRACE_SECONDS = 10.0
_POLL_SECONDS = 0.2


@contextmanager
def child(
    command: Sequence[str],
    *,
    variables: Mapping[str, str],
    folder: Path,
    output: int | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """Run a command, and leave nothing of it behind.

    The child gets a session of its own, so that a Ctrl-C reaches us alone and the order of the
    shutdown is ours.

    Parameters
    ----------
    command
        Program and arguments.
    variables
        The child's whole environment.
    folder
        Its working directory.
    output
        ``subprocess.PIPE`` to read standard output and error together; None to inherit both.
    """
    process = subprocess.Popen(
        command,
        env=dict(variables),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[str]) -> None:
    """Interrupt a process as Ctrl-C does, and kill what remains of its tree after some seconds.

    Terraform answers an interrupt by finishing the resource at hand and releasing its lock. CDKTF
    runs it in a pseudo-terminal, that is in another session, where signals to the group of CDKTF
    do not arrive: so the tree is walked.
    """
    with _interrupts_noted() as received:
        tree = _tree(process.pid)
        for member in tree:
            _signal(member, signal.SIGINT)
        alive, deadline = tree, time.monotonic() + _GRACE_SECONDS
        # A second Ctrl-C cuts the wait short. It must not cut off what comes then: in its own
        # session, no signal of the terminal ever reaches the tree again.
        while alive and not received and time.monotonic() < deadline:
            _, alive = psutil.wait_procs(alive, timeout=_POLL_SECONDS)
        for member in alive:
            _signal(member, signal.SIGKILL)
        psutil.wait_procs(alive, timeout=_GRACE_SECONDS)
        process.wait()


def in_foreground(command: Sequence[str], *, variables: Mapping[str, str], folder: Path) -> int:
    """Run a command that has the terminal, and wait until it has ended in its own way.

    A Ctrl-C reaches the command by itself. Terraform then finishes the resource at hand, writes
    its state and releases its lock; a kill meanwhile would lose track of what it made in AWS.

    Parameters
    ----------
    command
        Program and arguments.
    variables
        The child's whole environment.
    folder
        Its working directory.

    Returns
    -------
    int
        The command's exit code.

    Raises
    ------
    KeyboardInterrupt
        After its end, when it was interrupted.
    """
    process = subprocess.Popen(command, env=dict(variables), cwd=folder)

    def hand_on(number: int) -> None:
        if number != signal.SIGINT:  # that one the terminal sends to the whole group
            process.send_signal(signal.SIGINT)

    with _interrupts_noted(hand_on):
        return process.wait()


@contextmanager
def _interrupts_noted(
    then: Callable[[int], None] = lambda _number: None,
) -> Iterator[list[int]]:
    """Note what would interrupt us, and raise KeyboardInterrupt for it at the end only."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        then(number)

    before = {number: signal.getsignal(number) for number in INTERRUPTS}
    before = {number: handler for number, handler in before.items() if handler != signal.SIG_IGN}
    for number in before:
        signal.signal(number, note)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if received:
        raise KeyboardInterrupt


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [*root.children(recursive=True), root]
    except psutil.NoSuchProcess:
        return []


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
