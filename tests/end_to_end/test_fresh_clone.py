"""A new user: git clone, then `make demo`, on a machine with Python, make and git only."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.project_copy import ROOT, run

TOOLS = ("make", "git", "sh", "sed")
# What a machine with a shell has besides, as far as this one has it.
COREUTILS = (
    *("env", "cat", "chmod", "cp", "cut", "dirname", "expand", "head", "ln", "ls", "mkdir"),
    *("mv", "readlink", "rm", "sort", "touch", "tr", "uname"),
)


def test_a_clone_needs_python_make_and_git_only(tmp_path: Path) -> None:
    """R-F1: no node, no terraform on PATH; `make demo` installs what it needs and passes."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in (*TOOLS, *COREUTILS):
        found = shutil.which(name)
        assert found is not None or name in COREUTILS, name
        if found is not None:
            (tools / name).symlink_to(found)
    (tools / "python3").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    clone = tmp_path / "clone"
    cloned = ["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)]
    subprocess.run(cloned, check=True)
    # The package clients keep their own settings (which index, which cache); the rest goes.
    kept = {"HOME", "LANG", "TMPDIR", "STARTED_BY"}
    kept |= {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"}
    clients = ("PIP_", "NPM_", "npm_", "UV_", "http", "HTTP", "no_proxy", "NO_PROXY", "PIPENV_")
    variables = {
        name: value
        for name, value in os.environ.items()
        if name in kept or name.startswith(clients)
    }
    variables["PATH"] = str(tools)

    demo = run(("make", "demo"), clone, variables, seconds=580)

    assert demo.code == 0, demo.text[-5000:]
    accounts = json.loads((clone / "build" / "demo.json").read_text())
    assert accounts["environment"] == "dev"
    assert accounts["replicated"]["missing"] == 0
    assert accounts["denied"] == accounts["left_after_destroy"] == []
    listed = subprocess.run(
        ["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True
    )
    assert listed.stdout == ""
