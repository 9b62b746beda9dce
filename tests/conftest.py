"""For all tests: how they spread over workers, and that nothing of them stays behind.

The network is refused except loopback: pyproject.toml, ``--disable-socket --allow-hosts``.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

TESTS = Path(__file__).resolve().parent
# Where tests share what takes long to make, all of them go to one worker.
SHARED = ("end_to_end/deployed", "embedded_aws/functions")
# The longest first, so that no worker waits alone for one of them at the end.
LONGEST_FIRST = ("end_to_end/deployed", "end_to_end")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests together on one worker, and begin with the long ones."""
    for item in items:
        path = item.path.relative_to(TESTS).as_posix()
        group = next((each for each in SHARED if path.startswith(f"{each}/")), path)
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: _rank(item.path.relative_to(TESTS).as_posix()))


def _rank(path: str) -> int:
    ranks = (rank for rank, folder in enumerate(LONGEST_FIRST) if path.startswith(f"{folder}/"))
    return next(ranks, len(LONGEST_FIRST))


@pytest.fixture(scope="session", autouse=True)
def no_process_stays_behind() -> Iterator[None]:
    """Whatever a test starts has ended with the last test, grandchildren included."""
    marker = f"tests-{os.getpid()}"
    os.environ["STARTED_BY"] = marker
    yield
    left = [each for each in psutil.process_iter() if _started_by(each) == marker]
    _, alive = psutil.wait_procs(left, timeout=10)
    found = [f"{each.pid} {' '.join(each.cmdline()[:6])}" for each in alive]
    for each in alive:
        each.kill()
    assert found == []


def _started_by(process: psutil.Process) -> str | None:
    if process.pid == os.getpid():
        return None
    try:
        return process.environ().get("STARTED_BY")
    except psutil.Error:
        return None
