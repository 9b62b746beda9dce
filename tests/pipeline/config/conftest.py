"""A folder of environment files that a test may spoil."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import ConfigurationError, Problem, load_environment

MINIMAL = """
environment = "dev"
[account]
id = "111122223333"
[naming]
team = "data-platform"
[tags]
owner = "data-platform"
purpose = "testing"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one environment, dev, in which nothing but the necessary stands."""
    environments = tmp_path / "environments"
    environments.mkdir()
    (environments / "dev.toml").write_text(MINIMAL, "utf-8")
    return environments


@pytest.fixture
def problems(folder: Path) -> Callable[[str], tuple[Problem, ...]]:
    """What is wrong with dev when its file has this content."""

    def load(content: str) -> tuple[Problem, ...]:
        (folder / "dev.toml").write_text(content, "utf-8")
        with pytest.raises(ConfigurationError) as caught:
            load_environment("dev", folder)
        return caught.value.problems

    return load
