"""A small project to package, and wheels made on the spot, so that nothing is downloaded."""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The sources of two functions and what they share."""
    lambdas = tmp_path / "lambdas"
    for name in ("processor", "stream_processor", "shared"):
        (lambdas / name).mkdir(parents=True)
        (lambdas / name / "__init__.py").write_text(f'"""{name}."""\n', "utf-8")
    (lambdas / "processor" / "handler.py").write_text(
        'WORDS = {"a", "b", "c"}\n\n\ndef handler(event, context):\n'
        '    return event in {"x", "y", "z"}\n',
        "utf-8",
    )
    return lambdas


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Where zips are kept."""
    return tmp_path / "build" / "packages"


@pytest.fixture
def wheelhouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place in which pip looks for wheels."""
    folder = tmp_path / "wheelhouse"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    return folder


@pytest.fixture
def add_wheel(wheelhouse: Path) -> Callable[..., str]:
    """Makes a wheel and returns its line for a lock."""

    def add(name: str, files: dict[str, str], tag: str = "py3-none-any") -> str:
        path = wheelhouse / f"{name}-1.0-{tag}.whl"
        info = f"{name}-1.0.dist-info"
        content = {
            **files,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
            f"{info}/RECORD": "",
        }
        with zipfile.ZipFile(path, "w") as archive:
            for file, text in content.items():
                archive.writestr(file, text)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return f"{name}==1.0 --hash=sha256:{digest}\n"

    return add
