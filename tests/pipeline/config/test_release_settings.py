"""Settings of releases that are wrong, and what is said of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import Problem, load_environment
from tests.pipeline.config.conftest import MINIMAL


@pytest.mark.parametrize(
    ("rest", "key", "value", "allowed"),
    [
        ("canary_percent = 0", "release.canary_percent", 0, "at least 1"),
        ("canary_percent = 100", "release.canary_percent", 100, "at most 99"),
        ("steps = [50, 50]", "release.steps", [50, 50], "increase from step to step"),
        ("steps = [50, 25]", "release.steps", [50, 25], "increase from step to step"),
        ("steps = [50, 100]", "release.steps.1", 100, "at most 99"),
        ("steps = 50", "release.steps", 50, "must be a list"),
        ("steps = [10, 50]", "release.steps", [10, 50], "above release.canary_percent = 10"),
        ("canary_percent = 60", "release.steps", [50], "above release.canary_percent = 60"),
        ("step_seconds = 0", "release.step_seconds", 0, "at least 1"),
        ("error_percent = 101", "release.error_percent", 101, "at most 100"),
        ('strategy = "blue-green"', "release.strategy", "blue-green", "'direct' or 'canary'"),
    ],
)
def test_a_wrong_setting_is_told_with_what_is_allowed(
    problems: Callable[[str], tuple[Problem, ...]], rest: str, key: str, value: Any, allowed: str
) -> None:
    """R-C1 R-C7."""
    (problem,) = problems(f"{MINIMAL}\n[release]\n{rest}")

    assert (problem.key, problem.value) == (key, value)
    assert allowed in problem.allowed


def test_a_release_may_be_a_canary_alone(folder: Path) -> None:
    """R-C4."""
    alone = "\n[release]\ncanary_percent = 60\nsteps = []\nerror_percent = 0"
    (folder / "dev.toml").write_text(MINIMAL + alone, "utf-8")

    release = load_environment("dev", folder).release

    assert (release.canary_percent, release.steps) == (60, [])
