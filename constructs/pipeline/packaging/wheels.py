"""What of a wheel goes into the layer: the code, its licences, and nothing that is not used."""

import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pipeline.packaging import aws_models

RULES_VERSION = "2"
"""Part of the layer's cache key: raise it with every change of the rules below."""

_FOLDERS_LEFT_OUT = {"__pycache__", "tests", "examples"}
_SUFFIXES_LEFT_OUT = (".pyc", ".pyi", ".pyx", ".c", ".h")
# RECORD lists what is left out, too. METADATA and WHEEL stay: they say which distribution this is,
# and for which platform it was built.
_METADATA_LEFT_OUT = {"RECORD", "REQUESTED", "INSTALLER"}


def wheel_files(wheel: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a wheel, as installed below ``site-packages``."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            installed = _installed(name)
            if installed and is_used(installed):
                yield aws_models.trimmed(installed, archive.read(name))


def is_used(name: str) -> bool:
    """Return whether a function may need an installed file."""
    path = PurePosixPath(name)
    if _FOLDERS_LEFT_OUT & set(path.parts[:-1]) or name.endswith(_SUFFIXES_LEFT_OUT):
        return False
    if path.parts[0].endswith(".dist-info"):
        return path.name not in _METADATA_LEFT_OUT
    return aws_models.is_used(name)


def _installed(name: str) -> str | None:
    """Return where a file of a wheel is installed (PEP 427, "The .data directory")."""
    if name.endswith("/"):
        return None
    parts = PurePosixPath(name).parts
    if parts[0].endswith(".data"):
        inside = len(parts) > 2 and parts[1] in ("purelib", "platlib")
        return "/".join(parts[2:]) if inside else None
    return name
