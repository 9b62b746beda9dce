"""The processor as Lambda unpacks it: its zip, and the layer with its dependencies.

The layer's own wheels may be for another processor and another Python. The same versions from
this machine stand in for them, with the same files left out and the same byte code.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from benchmarks import BUILD, ROOT
from pipeline.datasets import compiled, load_datasets
from pipeline.packaging import function_package
from pipeline.packaging.aws_models import AWS_SERVICES, trimmed
from pipeline.packaging.byte_code import with_byte_code
from pipeline.packaging.wheels import RULES_VERSION, is_used

_PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def unpacked_function() -> Path:
    """Return the folder that stands for ``/var/task``."""
    datasets = compiled(load_datasets((ROOT / "benchmarks" / "dataset",)))
    built = function_package("processor", {"datasets.json": datasets}, runtime=_PYTHON)
    target = BUILD / f"function-{built.sha256[:16]}"
    if not target.is_dir():
        with _made(target) as making, zipfile.ZipFile(built.path) as archive:
            archive.extractall(making)
    return target


def unpacked_layer() -> Path:
    """Return the folder that stands for ``/opt/python``."""
    locked = _LOCKED.findall((ROOT / "lambdas" / "requirements.lock").read_text())
    found = {name: d for name, _ in locked if (d := _installed(name)) is not None}
    versions = [f"{name}=={distribution.version}" for name, distribution in found.items()]
    inputs = "\0".join([sys.version, RULES_VERSION, *AWS_SERVICES, *versions])
    target = BUILD / f"layer-{hashlib.sha256(inputs.encode()).hexdigest()[:16]}"
    if not target.is_dir():
        files: dict[str, bytes] = {}
        for distribution in found.values():
            files.update(_files(distribution))
        with _made(target) as making:
            for name, content in with_byte_code(files, _PYTHON, "/opt/python").items():
                path = making / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    return target


def _installed(name: str) -> importlib.metadata.Distribution | None:
    try:
        return importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None  # tzdata, which this machine has without a package


def _files(distribution: importlib.metadata.Distribution) -> dict[str, bytes]:
    return dict(
        trimmed(file.as_posix(), Path(str(file.locate())).read_bytes())
        for file in distribution.files or ()
        if ".." not in file.parts and is_used(file.as_posix())
    )


class _made:  # noqa: N801 - reads as a verb
    """Make a folder: it is there whole, or not at all."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def __enter__(self) -> Path:
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._making = Path(tempfile.mkdtemp(dir=self._target.parent, prefix=".making-"))
        return self._making

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._making.rename(self._target)
        else:
            shutil.rmtree(self._making, ignore_errors=True)
