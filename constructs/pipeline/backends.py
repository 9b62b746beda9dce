"""Switching environments in one output folder.

Terraform remembers, in ``.terraform/terraform.tfstate`` beside a stack, with which backend it was
initialized, and refuses to go on with another one until somebody says whether to migrate the state.
Environments have states of their own: nothing is to be migrated when the next one is synthesized.
The file is a memory of the settings only; the states are in S3.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_SETTINGS = ("bucket", "key", "region")


def forget_other_backends(outdir: Path) -> None:
    """Make Terraform initialize anew where a stack's backend is another one than before.

    Parameters
    ----------
    outdir
        CDKTF's output folder, synthesized.
    """
    for stack in (outdir / "stacks").iterdir():
        memory = stack / ".terraform" / "terraform.tfstate"
        if not (memory.is_file() and (stack / "cdk.tf.json").is_file()):
            continue
        synthesized = json.loads((stack / "cdk.tf.json").read_text())["terraform"]["backend"]["s3"]
        remembered = json.loads(memory.read_text()).get("backend", {}).get("config", {})
        if _settings(remembered) != _settings(synthesized):
            memory.unlink()


def _settings(backend: dict[str, Any]) -> list[Any]:
    return [backend.get(name) for name in _SETTINGS]
