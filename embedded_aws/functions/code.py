"""A function's code on disk: its zip and its layers, unpacked once per content."""

from __future__ import annotations

import base64
import importlib.util
import io
import re
import shutil
import tempfile
import threading
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from embedded_aws.state import RUN, EmbeddedAwsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_locks: dict[str, threading.Lock] = {}
_locks_guard = threading.Lock()


@contextmanager
def once(name: str) -> Iterator[None]:
    """Let one thread at a time make the thing of this name."""
    with _locks_guard:
        lock = _locks.setdefault(name, threading.Lock())
    with lock:
        yield


def unpack(content: bytes, digest: str, kind: str) -> Path:
    """Return the folder with the content of a zip, made at the first call.

    Parameters
    ----------
    content
        The zip file.
    digest
        Base64 SHA-256 of it, as Lambda reports it.
    kind
        `functions` or `layers`: a folder in the cache.

    Raises
    ------
    EmbeddedAwsError
        The zip is broken, leaves its folder, or holds byte code without source of another Python.
    """
    name = base64.urlsafe_b64encode(base64.b64decode(digest)).decode().rstrip("=")
    target = RUN.cache / kind / name
    with once(str(target)):
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            making = tempfile.mkdtemp(prefix=f".{name}-", dir=target.parent)
            try:
                _extract(content, target.with_name(making.rsplit("/", 1)[-1]))
                _publish(target.with_name(making.rsplit("/", 1)[-1]), target)
            finally:
                shutil.rmtree(making, ignore_errors=True)
    return target


def _publish(made: Path, target: Path) -> None:
    try:
        made.rename(target)
    except OSError:
        if not target.exists():  # another process that shares the cache was first: that is as good
            raise


def _extract(content: bytes, folder: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                if entry.filename.startswith("/") or ".." in entry.filename.split("/"):
                    raise EmbeddedAwsError(f"zip entry {entry.filename!r} leaves its folder")
                path = archive.extract(entry, folder)
                mode = entry.external_attr >> 16 & 0o777
                if mode and not entry.is_dir():
                    folder.joinpath(path).chmod(mode | 0o444)
    except zipfile.BadZipFile as broken:
        raise EmbeddedAwsError(f"the function's package is no zip file: {broken}") from broken
    _check_byte_code(folder)


def _check_byte_code(folder: Path) -> None:
    """Refuse byte code without source of another Python.

    In `__pycache__`, or beside its source, Python passes over foreign byte code by itself.
    """
    for path in folder.rglob("*.pyc"):
        if path.parent.name == "__pycache__" or path.with_suffix(".py").exists():
            continue
        with path.open("rb") as file:
            if file.read(4) != importlib.util.MAGIC_NUMBER:
                raise EmbeddedAwsError(
                    f"{path.relative_to(folder)} is byte code of another Python and has no "
                    "source beside it: package the source too"
                )


def python_folders(opt: Path, runtime: str | None) -> list[Path]:
    """Return the folders of `/opt` that Lambda puts into Python's path, in its order.

    https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
    """
    version = re.fullmatch(r"python(\d+\.\d+)", runtime or "")
    site = opt / "python" / "lib" / f"python{version[1]}" / "site-packages" if version else None
    return [folder for folder in (site, opt / "python") if folder is not None and folder.is_dir()]
