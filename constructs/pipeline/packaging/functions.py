"""One zip per function: its folder, what the functions share, and generated files."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.packaging.archive import (
    BUILDER,
    Package,
    PackagingError,
    package,
    write_atomically,
    zipped,
)
from pipeline.packaging.byte_code import byte_code_tag, with_byte_code

RUNTIME = "python3.13"
PROJECT = Path(__file__).resolve().parents[3]
SOURCES = PROJECT / "lambdas"
PACKAGES = PROJECT / "build" / "packages"

_LEFT_OUT = {"__pycache__", "tests"}
_LEFT_OUT_SUFFIXES = (".pyc", ".pyo", ".orig", ".rej", "~")


def function_package(
    name: str,
    extra_files: Mapping[str, bytes],
    *,
    sources: Path = SOURCES,
    packages: Path = PACKAGES,
    runtime: str = RUNTIME,
) -> Package:
    """Return the zip of a function; built only when something in it changed.

    Parameters
    ----------
    name : str
        The function's folder under ``sources``; stays a folder in the zip, beside ``shared/``.
    extra_files : mapping of str to bytes
        Generated files for the root of the zip, such as ``datasets.json``.
    sources : Path
        The folder of all functions.
    packages : Path
        Where zips are kept, named by the hash of what is in them.
    runtime : str
        Lambda's name of the runtime.

    Raises
    ------
    PackagingError
        When there is no such function.
    """
    if not (sources / name).is_dir():
        raise PackagingError(f"there is no function {name} in {sources.name}/")
    files = dict(extra_files)
    for folder in (name, "shared"):
        files.update(_files(sources / folder, sources))
    digest = hashlib.sha256(f"{BUILDER}\0{runtime}\0{byte_code_tag(runtime)}".encode())
    for path, content in sorted(files.items()):
        digest.update(f"\0{path}\0{len(content)}\0".encode())
        digest.update(content)
    zip_path = packages / f"{name}-{digest.hexdigest()[:32]}.zip"
    if not zip_path.is_file():
        # Lambda, "Lambda execution environment": a function's code is unpacked to /var/task.
        write_atomically(zip_path, zipped(with_byte_code(files, runtime, "/var/task")))
    return package(name, zip_path)


def _files(folder: Path, root: Path) -> Iterator[tuple[str, bytes]]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        hidden = path.name.startswith(".") or path.name in _LEFT_OUT
        if hidden or path.name.endswith(_LEFT_OUT_SUFFIXES):
            continue
        if path.is_dir():
            yield from _files(path, root)
        elif path.is_file():
            yield path.relative_to(root).as_posix(), path.read_bytes()
