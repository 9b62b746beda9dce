"""Two runs that would write the same files."""

import subprocess
import sys
from pathlib import Path

import pytest

from operations.errors import OperationError
from operations.exclusive import exclusive
from tests.project_copy import ROOT

HOLD = """
import sys
from pathlib import Path
from operations.exclusive import exclusive
with exclusive(Path(sys.argv[1]), "demo"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_run_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    """R-F1: two demos in one folder would break each other."""
    folder = tmp_path / "build" / "demo"
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with (
            pytest.raises(OperationError, match="another demo is running"),
            exclusive(folder, "demo"),
        ):
            pass
        first.kill()

    with exclusive(folder, "demo"):
        assert folder.is_dir()
