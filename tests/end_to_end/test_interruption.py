"""Ctrl-C in the middle leaves no process and no lock behind."""

import os
import signal
import subprocess
import time

import psutil
import pytest

from tests.project_copy import Project


@pytest.mark.parametrize(
    ("part", "number", "code"),
    [
        ("Deploying both regions", signal.SIGINT, 130),
        ("Processing", signal.SIGTERM, 130),
    ],
)
def test_the_demo_ends_with_everything_it_started(
    project: Project, part: str, number: signal.Signals, code: int
) -> None:
    """R-F1 R-D3: exit code 130 within 20 s; no embedded AWS, terraform, node or sandbox is left."""
    log = project.folder / "demo.log"
    with log.open("w") as output:
        demo = subprocess.Popen(
            [str(project.python), "-m", "operations.demo"],
            cwd=project.folder,
            env=project.variables(TEST_PROJECT=str(project.folder)),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_for(log, f"{part} ...", demo)
        while part.startswith("Deploying") and not running(project, "terraform"):
            assert demo.poll() is None, log.read_text()
            time.sleep(0.1)
        assert running(project, "embedded_aws")

        os.killpg(demo.pid, number)  # as a terminal does it: the whole foreground group
        assert demo.wait(timeout=60) == code
    finally:
        demo.kill()

    assert running(project, "") == []
    assert "Interrupted." in log.read_text()
    assert "Traceback" not in log.read_text()
    assert not (project.folder / "build" / "demo" / "environment.sh").exists()


def running(project: Project, word: str) -> list[str]:
    """Return the command lines of all processes that the demo started, however indirectly."""
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get("TEST_PROJECT") == str(project.folder)
            line = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if ours and word in line and process.status() != psutil.STATUS_ZOMBIE:
            found.append(line)
    return found


def wait_for(log: os.PathLike[str], text: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 200
    with open(log) as file:  # noqa: PTH123
        seen = ""
        while text not in seen:
            seen += file.read()
            assert process.poll() is None, seen
            assert time.monotonic() < deadline, seen
            time.sleep(0.1)
