"""Children of the commands: what ends them, and what must not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.project_copy import ROOT

# Says that it runs; an interrupt makes it finish what it is at, as Terraform does.
WORKER = """
import pathlib, signal, sys, time
stopped = []
signal.signal(signal.SIGINT, lambda *_: stopped.append(1))
print("working", flush=True)
while not stopped:
    time.sleep(0.05)
time.sleep(1)
pathlib.Path("finished").touch()
"""
# Never ends by itself, whatever it is asked.
STUBBORN = """
import os, pathlib, signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
pathlib.Path("pid").write_text(str(os.getpid()))
print("working", flush=True)
while True:
    time.sleep(1)
"""
FOREGROUND = """
import os, pathlib, sys
from operations import command_line, processes
command = [sys.executable, "-c", os.environ["CHILD"]]
folder = pathlib.Path.cwd()
work = lambda: processes.in_foreground(command, variables=dict(os.environ), folder=folder)
sys.exit(command_line.run(work))
"""
BACKGROUND = """
import os, pathlib, sys
from operations import command_line, processes
command = [sys.executable, "-c", os.environ["CHILD"]]
def work():
    folder = pathlib.Path.cwd()
    with processes.child(command, variables=dict(os.environ), folder=folder) as process:
        return process.wait()
sys.exit(command_line.run(work))
"""
# Is interrupted once, and once more when Python has taken back its signal handlers.
LATE = """
import os, signal, sys
from operations import command_line
class Last:
    def __del__(self, interrupt=os.kill, pid=os.getpid(), number=signal.SIGINT):
        interrupt(pid, number)
last = Last()
sys.exit(command_line.run(lambda: os.kill(os.getpid(), signal.SIGINT)))
"""


def started(program: str, child: str, folder: Path) -> subprocess.Popen[str]:
    """Start a command with a child, in a process group of its own; return when the child works."""
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CHILD": child},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # Whoever runs the tests may have it ignored, as `nohup` does.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # noqa: PLW1509
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    return process


@pytest.mark.parametrize(
    ("number", "to_the_group"),
    [(signal.SIGINT, True), (signal.SIGTERM, False), (signal.SIGHUP, False)],
)
def test_a_command_that_has_the_terminal_ends_in_its_own_way(
    tmp_path: Path, number: signal.Signals, to_the_group: bool
) -> None:
    """R-D3: an interrupted deploy to AWS is not killed while it writes its state."""
    process = started(FOREGROUND, WORKER, tmp_path)

    if to_the_group:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    output, _ = process.communicate(timeout=60)

    assert process.returncode == 130
    assert output == "\nInterrupted.\n"
    assert (tmp_path / "finished").exists()


def test_the_exit_code_of_a_command_that_has_the_terminal_is_its_own(tmp_path: Path) -> None:
    """R-D3: a failed deploy fails."""
    child = "print('working', flush=True); raise SystemExit(7)"

    process = started(FOREGROUND, child, tmp_path)
    process.communicate(timeout=60)

    assert process.returncode == 7


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_impatient_second_interrupt_leaves_no_process(
    tmp_path: Path, first: signal.Signals
) -> None:
    """R-F1: the child is in a session of its own, so nobody else would ever end it."""
    process = started(BACKGROUND, STUBBORN, tmp_path)
    child = psutil.Process(int((tmp_path / "pid").read_text()))

    process.send_signal(first)
    while process.poll() is None:  # as somebody who hits Ctrl-C until the prompt is back
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)

    assert process.returncode == 130
    _, alive = psutil.wait_procs([child], timeout=10)
    assert alive == []


def test_an_interrupt_while_python_ends_does_not_change_the_exit_code(tmp_path: Path) -> None:
    """R-F1: the interpreter drops its handlers first, and would die of the signal."""
    done = subprocess.run(
        [sys.executable, "-c", LATE],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (130, "\nInterrupted.\n")
