"""One output folder, one environment after the other."""

import json
from pathlib import Path

import pytest

from pipeline.backends import forget_other_backends

BACKEND = {"bucket": "state-dev", "key": "serverless/primary.tfstate", "region": "us-east-1"}


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    """What Terraform remembers of a stack's backend; the stack is synthesized beside it."""
    stack = tmp_path / "stacks" / "primary"
    (stack / ".terraform").mkdir(parents=True)
    remembered = {"backend": {"type": "s3", "config": {**BACKEND, "profile": None}}}
    (stack / ".terraform" / "terraform.tfstate").write_text(json.dumps(remembered))
    synthesize(tmp_path, BACKEND)
    return stack / ".terraform" / "terraform.tfstate"


def synthesize(outdir: Path, backend: dict[str, str]) -> None:
    content = {"terraform": {"backend": {"s3": {**backend, "use_lockfile": True}}}}
    (outdir / "stacks" / "primary" / "cdk.tf.json").write_text(json.dumps(content))


def test_the_same_backend_stays_initialized(memory: Path, tmp_path: Path) -> None:
    forget_other_backends(tmp_path)

    assert memory.is_file()


@pytest.mark.parametrize("setting", ["bucket", "key", "region"])
def test_another_environments_backend_is_initialized_anew(
    memory: Path, tmp_path: Path, setting: str
) -> None:
    """R-C1: else Terraform stops with "Backend configuration changed"."""
    synthesize(tmp_path, {**BACKEND, setting: "another"})

    forget_other_backends(tmp_path)

    assert not memory.exists()


def test_a_folder_that_an_older_synth_left_is_no_stack(memory: Path, tmp_path: Path) -> None:
    (memory.parents[1] / "cdk.tf.json").unlink()

    forget_other_backends(tmp_path)

    assert memory.is_file()
