"""Zips whose bytes are a function of what is in them, and of nothing else."""

import base64
import contextlib
import hashlib
import io
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline import PipelineError

BUILDER = "1"
"""Part of every cache key: raise it when the same inputs give other bytes than before."""

# Lambda, "Lambda quotas": size of a function with its layers, unzipped.
MOST_BYTES = 250 * 1024 * 1024


class PackagingError(PipelineError):
    """A package cannot be built; says what to do."""


@dataclass(frozen=True)
class Package:
    """A zip that is ready to be uploaded.

    Parameters
    ----------
    name : str
        What is in it, such as ``processor``.
    path : Path
        The zip.
    sha256 : str
        SHA-256 of the zip in hexadecimal.
    """

    name: str
    path: Path
    sha256: str

    @property
    def sha256_base64(self) -> str:
        """Return the hash as Lambda and Terraform write it (``source_code_hash``)."""
        return base64.b64encode(bytes.fromhex(self.sha256)).decode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files.

    Sorted names, fixed dates and modes. Stored and not compressed, since two builds of zlib may
    compress the same bytes differently, and Lambda unpacks the zip once.
    """
    total = sum(len(content) for content in files.values())
    if total > MOST_BYTES:
        raise PackagingError(
            f"the package has {total:,} bytes; Lambda allows {MOST_BYTES:,} for a function with "
            "its layers. Remove dependencies from lambdas/requirements.lock"
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix, whatever builds it: the mode below is Unix's
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that another synth at the same time sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def package(name: str, path: Path) -> Package:
    """Return an existing zip as a package."""
    with path.open("rb") as file:
        return Package(name, path, hashlib.file_digest(file, "sha256").hexdigest())
