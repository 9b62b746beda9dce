"""A function's zip is a function of its sources, and of nothing else."""

import base64
import hashlib
import importlib.machinery
import importlib.util
import os
import shutil
import sys
import types
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.packaging import Package, PackagingError, function_package

OWN_RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
OTHER_RUNTIME = "python3.13" if OWN_RUNTIME != "python3.13" else "python3.12"
DATASETS = {"datasets.json": b"{}"}


def build(sources: Path, packages: Path, runtime: str = OTHER_RUNTIME) -> Package:
    return function_package(
        "processor", DATASETS, sources=sources, packages=packages, runtime=runtime
    )


def names(package: Package) -> list[str]:
    return zipfile.ZipFile(package.path).namelist()


def test_zip_has_the_function_what_it_shares_and_generated_files(
    sources: Path, packages: Path
) -> None:
    """R-E7: one zip per function; the handler is processor.handler.handler."""
    package = build(sources, packages)

    assert names(package) == [
        "datasets.json",
        "processor/__init__.py",
        "processor/handler.py",
        "shared/__init__.py",
    ]


def test_hash_is_the_one_that_lambda_computes(sources: Path, packages: Path) -> None:
    package = build(sources, packages)

    digest = hashlib.sha256(package.path.read_bytes()).digest()
    assert package.sha256 == digest.hex()
    assert package.sha256_base64 == base64.b64encode(digest).decode()


def test_same_sources_give_the_same_bytes_whatever_surrounds_them(
    sources: Path, packages: Path, tmp_path: Path
) -> None:
    """R-F1: another folder, other dates and modes, caches, hidden files and tests: same bytes."""
    first = build(sources, packages)
    copy = tmp_path / "elsewhere" / "lambdas"
    shutil.copytree(sources, copy)
    handler = copy / "processor" / "handler.py"
    os.utime(handler, (1, 1))
    handler.chmod(0o700)
    for stray in ("__pycache__/x.cpython-311.pyc", ".idea/x", "tests/test_x.py", "a.py~", ".x"):
        path = copy / "processor" / stray
        path.parent.mkdir(exist_ok=True)
        path.write_text("stray", "utf-8")

    second = build(copy, tmp_path / "other")

    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.path.name == second.path.name


@pytest.mark.parametrize("change", ["content", "name", "extra"])
def test_every_change_gives_another_zip(sources: Path, packages: Path, change: str) -> None:
    """Also of a name alone."""
    before = build(sources, packages)
    handler = sources / "processor" / "handler.py"
    if change == "content":
        handler.write_text("pass\n", "utf-8")
    elif change == "name":
        handler.rename(handler.with_name("main.py"))
    extra = {"datasets.json": b"[]"} if change == "extra" else DATASETS

    after = function_package(
        "processor", extra, sources=sources, packages=packages, runtime=OTHER_RUNTIME
    )

    assert after.sha256 != before.sha256
    assert after.path != before.path


def test_unchanged_function_is_not_built_again(sources: Path, packages: Path) -> None:
    """A warm synth looks up and hashes."""
    path = build(sources, packages).path
    before = path.stat()

    assert build(sources, packages).path.stat().st_ino == before.st_ino


def test_synths_at_the_same_time_see_whole_zips(sources: Path, packages: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: build(sources, packages), range(32)))

    assert len(found) == 1
    assert [path.name for path in packages.iterdir()] == [found.pop().path.name]


def test_byte_code_is_left_out_when_another_python_builds(sources: Path, packages: Path) -> None:
    assert not any(name.endswith(".pyc") for name in names(build(sources, packages)))


def test_byte_code_is_the_runtimes_and_needs_no_source(
    sources: Path, packages: Path, tmp_path: Path
) -> None:
    """Unchecked by hash (PEP 552), named as Lambda unpacks it, importable."""
    package = build(sources, packages, OWN_RUNTIME)
    tag = sys.implementation.cache_tag
    with zipfile.ZipFile(package.path) as archive:
        path = archive.extract(f"processor/__pycache__/handler.{tag}.pyc", tmp_path / "task")
    code = Path(path).read_bytes()
    loader = importlib.machinery.SourcelessFileLoader("handler", path)
    module = types.ModuleType("handler")
    loader.exec_module(module)

    assert "processor/handler.py" in names(package)
    assert code[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(code[4:8], "little") == 0b01
    assert b"/var/task/processor/handler.py" in code
    assert str(tmp_path).encode() not in code
    assert module.handler("x", None) is True


def test_byte_code_does_not_depend_on_folder_or_process(
    sources: Path, packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build(sources, packages, OWN_RUNTIME)
    monkeypatch.setenv("PYTHONHASHSEED", "7")

    second = build(sources, tmp_path / "other", OWN_RUNTIME)

    assert first.path.read_bytes() == second.path.read_bytes()


def test_unknown_function_is_named(sources: Path, packages: Path) -> None:
    with pytest.raises(PackagingError, match="no function notifier in lambdas/"):
        function_package("notifier", {}, sources=sources, packages=packages)
