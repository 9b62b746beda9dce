"""The layer has the locked wheels for Lambda's platform, trimmed, and is built once."""

import gzip
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.packaging import Package, PackagingError, dependency_layer

AddWheel = Callable[..., str]
OTHER_RUNTIME = "python3.13" if sys.version_info[:2] != (3, 13) else "python3.12"
CPYTHON = f"cp{OTHER_RUNTIME.removeprefix('python').replace('.', '')}"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "requirements.lock"


def build(lock: Path, packages: Path, architecture: str = "arm64") -> Package:
    return dependency_layer(lock, architecture, runtime=OTHER_RUNTIME, packages=packages)  # type: ignore[arg-type]


def names(package: Package) -> list[str]:
    return zipfile.ZipFile(package.path).namelist()


def test_wheels_are_unpacked_for_the_runtimes_path(
    lock: Path, packages: Path, add_wheel: AddWheel
) -> None:
    """What says which distribution for which platform stays; RECORD would be untrue."""
    lock.write_text(add_wheel("parser", {"parser/__init__.py": ""}), "utf-8")

    assert names(build(lock, packages)) == [
        "python/parser-1.0.dist-info/METADATA",
        "python/parser-1.0.dist-info/WHEEL",
        "python/parser/__init__.py",
    ]


@pytest.mark.parametrize(("architecture", "machine"), [("arm64", "aarch64"), ("x86_64", "x86_64")])
def test_wheel_is_the_one_for_the_functions_processor(
    lock: Path, packages: Path, add_wheel: AddWheel, architecture: str, machine: str
) -> None:
    """R-A4: arm64, whatever this machine is; a wheel for an older glibc is fine."""
    lines = {
        other: add_wheel("fast", {f"fast_{other}.so": ""}, f"{CPYTHON}-{CPYTHON}-{tag}_{other}")
        for other, tag in (("aarch64", "manylinux_2_24"), ("x86_64", "manylinux2014"))
    }
    hashes = " ".join(line.split(" ", 1)[1].strip() for line in lines.values())
    lock.write_text(f"fast==1.0 {hashes}\n", "utf-8")

    assert f"python/fast_{machine}.so" in names(build(lock, packages, architecture))
    assert len(names(build(lock, packages, architecture))) == 3


def test_what_no_function_uses_is_left_out(lock: Path, packages: Path, add_wheel: AddWheel) -> None:
    """R-A4: other services, and what nothing reads of a service's description."""
    endpoints: dict[str, Any] = {"partitions": [{"services": {"dynamodb": {}, "ec2": {}}}]}
    described = {
        "metadata": {"documentation": "kept"},
        "shapes": {
            "documentation": {"type": "string", "documentation": "of a shape of that name"},
        },
    }
    files = {
        "botocore/__init__.py": "",
        "botocore/data/endpoints.json": json.dumps(endpoints),
        "botocore/data/sdk-default-configuration.json": "",
        "botocore/data/dynamodb/2012-08-10/endpoint-rule-set-1.json.gz": "",
        "botocore/data/dynamodb/2012-08-10/examples-1.json": "",
        "botocore/data/dynamodb/2012-08-10/service-2.json.gz": gzip.compress(
            json.dumps(described).encode()
        ),
        "botocore/data/ec2/2016-11-15/service-2.json.gz": "",
        "botocore/docs/__init__.py": "",
        "botocore/tests/test_x.py": "",
        "botocore/fast.pyi": "",
        "botocore-1.0.data/scripts/tool": "",
        "botocore-1.0.data/purelib/added.py": "",
    }
    lock.write_text(add_wheel("botocore", files), "utf-8")

    package = build(lock, packages)

    kept = [name for name in names(package) if ".dist-info" not in name]
    assert kept == [
        "python/added.py",
        "python/botocore/__init__.py",
        "python/botocore/data/dynamodb/2012-08-10/service-2.json",
        "python/botocore/data/endpoints.json",
        "python/botocore/data/sdk-default-configuration.json",
        "python/botocore/docs/__init__.py",
    ]
    with zipfile.ZipFile(package.path) as archive:
        found = [json.loads(archive.read(name)) for name in kept[2:4]]
    assert found == [
        {
            "metadata": {"documentation": "kept"},
            "shapes": {"documentation": {"type": "string"}},
        },
        {"partitions": [{"services": {"dynamodb": {}}}]},
    ]


def test_layer_is_built_once_and_never_looks_at_the_network_again(
    lock: Path,
    packages: Path,
    wheelhouse: Path,
    add_wheel: AddWheel,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lock.write_text(add_wheel("parser", {"parser.py": ""}), "utf-8")
    first = build(lock, packages)
    assert "once per lock" in capsys.readouterr().err
    for wheel in wheelhouse.iterdir():
        wheel.unlink()

    assert build(lock, packages) == first
    assert capsys.readouterr().err == ""


def test_same_lock_gives_the_same_bytes(
    lock: Path, packages: Path, tmp_path: Path, add_wheel: AddWheel
) -> None:
    lines = add_wheel("b", {"b.py": ""}) + add_wheel("a", {"a.py": ""})
    lock.write_text(lines, "utf-8")

    first, second = build(lock, packages), build(lock, tmp_path / "other")

    assert first.path.read_bytes() == second.path.read_bytes()


def test_wheel_that_is_not_the_locked_one_is_refused(
    lock: Path, packages: Path, add_wheel: AddWheel
) -> None:
    line = add_wheel("parser", {"parser.py": ""})
    add_wheel("parser", {"parser.py": "import os"})
    lock.write_text(line, "utf-8")

    with pytest.raises(PackagingError, match="cannot download the wheels of"):
        build(lock, packages)
    assert not packages.exists() or not list(packages.iterdir())


def test_missing_wheel_says_what_to_do(lock: Path, packages: Path, wheelhouse: Path) -> None:
    lock.write_text(f"absent==1.0 --hash=sha256:{'0' * 64}\n", "utf-8")

    with pytest.raises(PackagingError) as caught:
        build(lock, packages)

    message = str(caught.value)
    assert "absent==1.0" in message
    assert "Is the package index reachable" in message
    assert "Traceback" not in message


def test_lock_with_markers_is_refused(lock: Path, packages: Path) -> None:
    """pip evaluates markers for the machine that it runs on."""
    lock.write_text("a==1.0 ; python_version < '3.12' --hash=sha256:0\n", "utf-8")

    with pytest.raises(PackagingError, match="line 1: a marker"):
        build(lock, packages)


def test_missing_lock_is_named(lock: Path, packages: Path) -> None:
    with pytest.raises(PackagingError, match=r"requirements\.lock cannot be read"):
        build(lock, packages)
