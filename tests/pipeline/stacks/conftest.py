"""Environments that are synthesized once for all tests, and variations of them.

Nothing may import cdktf before the provider's import was made lazy, so this file does it first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import Environment, load_environment
from pipeline.datasets import dataset_folders, load_datasets
from pipeline.packages import Packages
from pipeline.packaging import Package
from pipeline.provider_import import restore_node_options, use_lazy_provider

use_lazy_provider()
import cdktf  # noqa: E402, F401  (its import starts Node.js, which must see the hook)

restore_node_options()
from tests.pipeline.stacks.synthesized import Synthesized, synthesized  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
Variation = Callable[..., Synthesized]


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in changes.items():
        nested = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = _merged(result[key], value) if nested else value
    return result


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """Stand-ins for the zips: what the stacks do with a zip does not depend on what is in it."""
    folder = tmp_path_factory.mktemp("packages")

    def package(name: str) -> Package:
        path = folder / f"{name}.zip"
        path.write_bytes(f"the zip of {name}".encode())
        return Package(name, path, hashlib.sha256(path.read_bytes()).hexdigest())

    return Packages(**{field.name: package(field.name) for field in fields(Packages)})


@pytest.fixture(scope="session")
def variation(packages: Packages) -> Variation:
    """An environment with changed settings; each is synthesized once in a session."""
    known: dict[str, Synthesized] = {}
    datasets = tuple(load_datasets(dataset_folders(ROOT)))

    def vary(name: str = "dev", **changes: Any) -> Synthesized:
        key = json.dumps([name, changes], sort_keys=True)
        if key not in known:
            settings = load_environment(name, ROOT / "environments").model_dump()
            environment = Environment.model_validate(_merged(settings, changes))
            known[key] = synthesized(environment, datasets, packages)
        return known[key]

    return vary


@pytest.fixture(scope="session")
def dev(variation: Variation) -> Synthesized:
    """The disposable environment."""
    return variation("dev")


@pytest.fixture(scope="session")
def prod(variation: Variation) -> Synthesized:
    """The protected environment, with replication."""
    return variation("prod")


@pytest.fixture(scope="session", params=["dev", "prod"])
def both(request: pytest.FixtureRequest, variation: Variation) -> Synthesized:
    """The one, then the other."""
    return variation(str(request.param))


@pytest.fixture(scope="session")
def direct(variation: Variation) -> Synthesized:
    """With S3's notification straight to the function."""
    return variation("dev", data={"trigger": "s3"})


@pytest.fixture(scope="session")
def european(variation: Variation) -> Synthesized:
    """Other regions than the default ones, with replication."""
    return variation("prod", regions={"primary": "eu-central-1", "secondary": "eu-west-1"})
