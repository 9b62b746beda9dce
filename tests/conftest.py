"""For all tests: how they spread over workers, and that nothing of them stays behind.

The network is refused except loopback: pyproject.toml, ``--disable-socket --allow-hosts``.
"""

import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import psutil
import pytest
from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).resolve().parent
# Where tests share what takes long to make, all of them go to one worker: those of a deployment to
# two, each with a deployment of its own, since they take half of the time of all tests.
SHARED = (
    "end_to_end/deployed/test_[a-l]*",
    "end_to_end/deployed/test_[m-z]*",
    "embedded_aws/functions/*",
)
# The longest first, so that no worker waits alone for one of them at the end.
LONGEST_FIRST = ("end_to_end/deployed", "end_to_end")


class _FilesTogether(LoadScopeScheduling):  # type: ignore[misc] # it has no type information
    """Gives a worker whole files, and all of what shares something at once.

    xdist's own ``loadgroup`` adds the group to a test's node id, which pytest 9 does not let it do:
    it then spreads single tests, and everything that they share is made by every worker.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0].removeprefix("tests/")
        return next((each for each in SHARED if fnmatch(path, each)), path)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Let the scheduler be ours."""
    return _FilesTogether(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long ones."""
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
