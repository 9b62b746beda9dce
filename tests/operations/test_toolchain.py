"""Where node, cdktf and terraform come from, with a Terraform on PATH and without."""

import os
import shutil
from pathlib import Path

import pytest

from tests.project_copy import Project, Result, copy_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_project(tmp_path_factory.mktemp("toolchain") / "project")


def with_terraform(folder: Path, answer: str) -> str:
    """Return a PATH without any Terraform but a script that prints a version."""
    folder.mkdir()
    script = folder / "terraform"
    script.write_text(f"#!/bin/sh\n{answer}\n")
    script.chmod(0o755)
    return os.pathsep.join([str(folder), without_terraform()])


def without_terraform() -> str:
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(each for each in folders if not Path(each, "terraform").exists())


def installed(project: Project, path: str) -> Result:
    result = project.operation("toolchain", PATH=path)
    assert result.code == 0, result.text
    return result


def test_a_terraform_that_is_new_enough_is_taken_from_path(
    project: Project, tmp_path: Path
) -> None:
    """R-F1: PATH's Terraform >= 1.11 is used; no shim stands before it."""
    path = with_terraform(tmp_path / "new", "echo Terraform v1.11.0")

    assert "terraform 1.11.0" in installed(project, path).output
    assert not (project.python.parent / "terraform").exists()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("echo Terraform v1.10.5", "is Terraform 1.10.5; 1.11 or newer is needed"),
        ("exit 1", "is Terraform of an unknown version"),
    ],
)
def test_another_terraform_is_replaced_by_pypis_and_named(
    project: Project, tmp_path: Path, answer: str, said: str
) -> None:
    """R-F1: one that is too old, or that does not run, is named and not used."""
    result = installed(project, with_terraform(tmp_path / "old", answer))

    assert said in result.errors
    assert "terraform 1.15." in result.output


def test_without_any_terraform_pypis_is_on_the_path_of_the_virtual_environment(
    project: Project,
) -> None:
    """R-F1: `terraform` is a command like any other: version, exit codes, standard output."""
    assert "terraform 1.15." in installed(project, without_terraform()).output
    shim = project.python.parent / "terraform"

    assert os.access(shim, os.X_OK)
    version = project.run("terraform", "version")
    assert version.code == 0
    assert version.output.startswith("Terraform v1.15.")
    wrong = project.run("terraform", "no-such-command")
    assert wrong.code == 1
    assert 'has no command named "no-such-command"' in wrong.text


def test_the_tools_are_executable_and_installing_them_again_changes_nothing(
    project: Project,
) -> None:
    """R-F1: node 22 and cdktf 0.21 run from the virtual environment's folder."""
    installed(project, without_terraform())
    folder = project.python.parent
    tools = [folder / name for name in ("node", "npm", "npx", "cdktf", "terraform")]
    before = [(tool.stat().st_ino, tool.stat().st_mtime_ns) for tool in tools]

    installed(project, without_terraform())

    assert [(tool.stat().st_ino, tool.stat().st_mtime_ns) for tool in tools] == before
    assert project.run("node", "--version").output.startswith("v22.")
    assert project.run("npm", "--version").code == 0
    assert project.run("cdktf", "--version").output.strip() == "0.21.0"


def test_make_refuses_a_python_that_is_too_old(project: Project, tmp_path: Path) -> None:
    """R-F1: one sentence with the way out, before anything is installed."""
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    other = tmp_path / "other"
    shutil.copytree(project.folder, other, symlinks=True, ignore=shutil.ignore_patterns(".venv"))

    refused = Project(other).run("make", "setup", f"PYTHON={old}")

    assert refused.code == 2
    assert "is missing or older than Python 3.11" in refused.errors
    assert not (other / ".venv").exists()
