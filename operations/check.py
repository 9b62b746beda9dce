"""``make check``, last part: the synthesized JSON of every environment against real Terraform."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from operations import ROOT, cdktf, toolchain
from operations.command_line import configuration, run
from operations.embedded import EmbeddedAws, embedded_aws
from operations.packages import build_layer
from operations.progress import Progress
from pipeline.config import available_environments

RESULT = ROOT / "build" / "check.json"
_FOLDER = ROOT / "build" / "check"


def main() -> int:
    """Synthesize and validate every environment.

    Returns
    -------
    int
        0 when Terraform finds every stack valid.
    """
    toolchain.install()
    found: dict[str, dict[str, Any]] = {}
    environments = available_environments(ROOT / "environments")
    account = configuration(environments[0]).account.id
    with embedded_aws(account, _FOLDER / "environment.sh") as aws:
        for name in environments:
            build_layer(configuration(name))
            output = _FOLDER / name
            with Progress(f"Synthesizing and validating {name}") as progress:
                cdktf.synth(aws.variables, name, output)
                found[name] = validate(aws, name, output)
                progress.show(f"{len(found[name])} stacks")
    RESULT.write_text(json.dumps({"terraform_validate": found}, indent=2) + "\n")
    errors = [
        f"{name}/{stack}: {error}"
        for name, stacks in found.items()
        for stack, errors in stacks.items()
        for error in errors
    ]
    for error in errors:
        print(f"error: {error}", file=sys.stderr)
    return 1 if errors else 0


def validate(aws: EmbeddedAws, workspace: str, output: Path) -> dict[str, list[str]]:
    """Return the errors that ``terraform validate`` finds in each stack of a synth."""
    return {
        path.name: _validate(aws, workspace, path) for path in sorted((output / "stacks").iterdir())
    }


def _validate(aws: EmbeddedAws, workspace: str, stack: Path) -> list[str]:
    # The stack's guard is a precondition that Terraform evaluates here already.
    variables = {**aws.variables, "TF_WORKSPACE": workspace}
    terraform = ["terraform", f"-chdir={stack}"]
    begun = subprocess.run(
        [*terraform, "init", "-backend=false", "-input=false", "-no-color"],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if begun.returncode != 0:
        return [begun.stderr.strip()]
    done = subprocess.run(
        [*terraform, "validate", "-json"],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    return [
        f"{each['summary']}: {each.get('detail', '')}"
        for each in json.loads(done.stdout)["diagnostics"]
        if each["severity"] == "error"
    ]


if __name__ == "__main__":
    sys.exit(run(main))
