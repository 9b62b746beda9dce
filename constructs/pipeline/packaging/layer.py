"""The dependency layer: wheels for the functions' processor and Python, whatever builds them."""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

from pipeline.packaging.archive import (
    BUILDER,
    Package,
    PackagingError,
    package,
    write_atomically,
    zipped,
)
from pipeline.packaging.aws_models import AWS_SERVICES
from pipeline.packaging.byte_code import byte_code_tag, with_byte_code
from pipeline.packaging.functions import PACKAGES, RUNTIME
from pipeline.packaging.wheels import RULES_VERSION, wheel_files

Architecture = Literal["arm64", "x86_64"]

_MACHINES: dict[Architecture, str] = {"arm64": "aarch64", "x86_64": "x86_64"}
# Lambda's python3.13 is Amazon Linux 2023 with glibc 2.34; pip takes no wheel for an older glibc
# unless that one is named, too (PEP 600).
_GLIBC_MINORS = range(17, 35)


def dependency_layer(
    lock: Path,
    architecture: Architecture,
    *,
    runtime: str = RUNTIME,
    packages: Path = PACKAGES,
) -> Package:
    """Return the layer of a lock; downloads only when the lock or a rule changed.

    Parameters
    ----------
    lock : Path
        Requirements with ``==`` and hashes, all of them, without markers.
    architecture : {"arm64", "x86_64"}
        Lambda's name of the functions' processor.
    runtime : str
        Lambda's name of the runtime.
    packages : Path
        Where zips are kept.

    Raises
    ------
    PackagingError
        When the lock is missing or has markers, or when its wheels cannot be downloaded.
    """
    try:
        locked = lock.read_bytes()
    except OSError as error:
        raise PackagingError(f"{lock.name} cannot be read ({error.strerror})") from error
    _refuse_markers(lock, locked)
    inputs = (architecture, runtime, BUILDER, RULES_VERSION, *AWS_SERVICES, byte_code_tag(runtime))
    digest = hashlib.sha256("\0".join(inputs).encode() + b"\0" + locked).hexdigest()
    zip_path = packages / f"dependencies-{architecture}-{digest[:32]}.zip"
    if not zip_path.is_file():
        sys.stderr.write(
            f"Building the dependency layer for {architecture} from {lock.name}; "
            "this is done once per lock ...\n"
        )
        write_atomically(zip_path, _built(lock, architecture, runtime))
    return package("dependencies", zip_path)


def _refuse_markers(lock: Path, locked: bytes) -> None:
    for number, line in enumerate(locked.decode(errors="replace").splitlines(), start=1):
        if ";" in line.partition("#")[0]:
            raise PackagingError(
                f"{lock.name}, line {number}: a marker ({line.strip()}) would be evaluated for "
                "this machine and not for Lambda; write the lock without markers (`make lock`)"
            )


def _built(lock: Path, architecture: Architecture, runtime: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="wheels-") as folder:
        _download(lock, architecture, runtime, Path(folder))
        files: dict[str, bytes] = {}
        for wheel in sorted(Path(folder).glob("*.whl")):
            files.update(wheel_files(wheel))
    # Lambda, "Packaging your layer content": python/ is unpacked to /opt/python, on sys.path.
    files = with_byte_code(files, runtime, "/opt/python")
    return zipped({f"python/{name}": content for name, content in files.items()})


def _download(lock: Path, architecture: Architecture, runtime: str, folder: Path) -> None:
    version = runtime.removeprefix("python")
    machine = _MACHINES[architecture]
    platforms = [f"manylinux2014_{machine}"]
    platforms += [f"manylinux_2_{minor}_{machine}" for minor in reversed(_GLIBC_MINORS)]
    abis = (f"cp{version.replace('.', '')}", "abi3", "none")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", "--only-binary=:all:", "--implementation=cp"]
    command += [f"--python-version={version}"]
    command += [f"--platform={platform}" for platform in platforms]
    command += [f"--abi={abi}" for abi in abis]
    command += ["--dest", str(folder), "--requirement", str(lock)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "ERROR" in line] or [done.stderr]
        raise PackagingError(
            f"the dependency layer cannot be built: pip cannot download the wheels of {lock.name} "
            f"for {architecture} and {runtime}.\n  "
            + "\n  ".join(line.strip() for line in errors)
            + "\nIs the package index reachable (`pip config list`)? Does every package have a "
            "wheel for that platform? Then run the command again."
        )
