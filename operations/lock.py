"""Brings the lock files up to date, without the address of any package index in them.

Which index is used is the business of the machine's own pip and npm configuration.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from operations import ROOT, toolchain

_LAYER_INPUT = "lambdas/requirements.in"
_LAYER_LOCK = "lambdas/requirements.lock"
_LAYER_PYTHON, _LAYER_PLATFORM = "3.13", "aarch64-manylinux2014"


def main() -> int:
    """Lock the Python packages, the functions' layer and the Node packages.

    Returns
    -------
    int
        0, or the exit code of the first tool that failed.
    """
    toolchain.install()
    commands = [
        [_tool("pipenv"), "lock", "--dev"],
        [
            *(_tool("uv"), "pip", "compile", _LAYER_INPUT, "--output-file", _LAYER_LOCK),
            *("--python-version", _LAYER_PYTHON, "--python-platform", _LAYER_PLATFORM),
            *("--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url"),
            *("--upgrade", "--quiet"),
        ],
        [_tool("npm"), "install", "--package-lock-only"],
    ]
    variables = {**toolchain.environment(), "VIRTUAL_ENV": sys.prefix}
    variables.pop("PIPENV_ACTIVE", None)
    for command in commands:
        print(" ".join(command[1:]))
        done = subprocess.run(command, cwd=ROOT, env=variables, check=False)
        if done.returncode != 0:
            return done.returncode
    _forget_index(ROOT / "Pipfile.lock")
    return 0


def _tool(name: str) -> str:
    return os.fspath(toolchain.bin_folder() / name)


def _forget_index(lock: Path) -> None:
    content = json.loads(lock.read_text())
    content["_meta"]["sources"] = []
    for section in ("default", "develop"):
        for package in content[section].values():
            package.pop("index", None)
    lock.write_text(json.dumps(content, indent=4) + "\n")


if __name__ == "__main__":
    sys.exit(main())
