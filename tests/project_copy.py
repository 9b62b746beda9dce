"""A copy of the project in a folder of its own, for tests that run its commands.

Files are copied; installed packages are shared. The copy has a virtual environment of its own on
top of the running one, so that its tools (`cdktf`, `terraform`, ...) belong to the copy, too.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_CACHES = ("packages", "embedded-aws")  # of build/: what is slow to make and named by its content


@dataclass(frozen=True)
class Result:
    """How a command ended and what it printed."""

    code: int
    output: str
    errors: str

    @property
    def text(self) -> str:
        return self.output + self.errors


@dataclass(frozen=True)
class Project:
    """A copy of the project."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / ".venv" / "bin" / "python"

    def variables(self, **more: str) -> dict[str, str]:
        """Return the environment of a shell in which the copy's .venv is activated."""
        path = os.pathsep.join([str(self.python.parent), os.environ.get("PATH", os.defpath)])
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "AWS_", "PYTEST"))}
        return {**kept, "PATH": path, **more}

    def run(self, *words: str, seconds: float = 300, **variables: str) -> Result:
        """Run a command line in the copy."""
        return run(words, self.folder, self.variables(**variables), seconds)

    def operation(self, name: str, *words: str, seconds: float = 300, **variables: str) -> Result:
        """Run `python -m operations.<name>` in the copy."""
        command = (str(self.python), "-m", f"operations.{name}", *words)
        return self.run(*command, seconds=seconds, **variables)


def run(words: tuple[str, ...], folder: Path, variables: dict[str, str], seconds: float) -> Result:
    """Run a command to its end, and nothing of it survives."""
    process = subprocess.Popen(
        words,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        output, errors = process.communicate(timeout=seconds)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    return Result(process.returncode, output, errors)


def copy_project(target: Path) -> Project:
    """Copy what git knows or would take, and link the installed packages."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        source, copy = ROOT / name, target / name
        if name and not name.startswith("tests/") and source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
    for cache in _CACHES:
        (ROOT / "build" / cache).mkdir(parents=True, exist_ok=True)
        (target / "build").mkdir(exist_ok=True)
        (target / "build" / cache).symlink_to(ROOT / "build" / cache)
    _link_packages(target)
    return Project(target)


def _link_packages(target: Path) -> None:
    venv = target / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(venv)})
    shared = sysconfig.get_path("purelib")
    Path(packages, "shared.pth").write_text(f"import site; site.addsitedir({shared!r})\n")
    modules = target / "node_modules"
    modules.mkdir()
    for installed in (ROOT / "node_modules").iterdir():
        if not installed.name.startswith(".packages"):
            (modules / installed.name).symlink_to(installed)
    # The Makefile's stamps: everything is installed.
    for folder in (venv, modules):
        (folder / ".packages-installed").touch()
