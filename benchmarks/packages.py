"""Installs what only a peer needs: pandas and pyarrow are no business of the project itself."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys

from benchmarks import ROOT
from benchmarks.running import PACKAGES, BenchmarkError

_LOCK = ROOT / "benchmarks" / "requirements.lock"


def install_packages() -> None:
    """Install the locked packages into a folder under build/, once.

    Raises
    ------
    BenchmarkError
        When pip fails.
    """
    inputs = _LOCK.read_bytes() + sys.version.encode()
    stamp = PACKAGES / f".installed-{hashlib.sha256(inputs).hexdigest()[:16]}"
    if stamp.is_file():
        return
    shutil.rmtree(PACKAGES, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"]
    command += ["--require-hashes", "--only-binary", ":all:", "--target", str(PACKAGES)]
    done = subprocess.run(
        [*command, "--requirement", str(_LOCK)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        shown = "\n  ".join(done.stderr.strip().splitlines()[-5:])
        raise BenchmarkError(f"awswrangler could not be installed:\n  {shown}")
    stamp.touch()
