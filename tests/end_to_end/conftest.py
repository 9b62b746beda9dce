"""What the end-to-end tests share: copies of the project and whole runs of the demo."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.made_up_files import write_input
from tests.project_copy import Project, Result, copy_project


@dataclass(frozen=True)
class DemoRun:
    """A run of the demo to its end, in a project of its own."""

    project: Project
    result: Result

    @property
    def accounts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.project.folder / "build/demo.json").read_text())
        return found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the project that the test may change."""
    return copy_project(tmp_path / "project")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], DemoRun]:
    """Run the demo of an environment, once each: `dev` with the samples, `prod` with own files."""

    @cache
    def run(environment: str) -> DemoRun:
        folder = tmp_path_factory.mktemp(environment)
        project = copy_project(folder / "project")
        if environment == "dev":
            return DemoRun(project, project.run("make", "demo"))
        given = write_input(folder / "own files")
        return DemoRun(project, project.run("make", "demo", f"ENV={environment}", f"INPUT={given}"))

    return run
