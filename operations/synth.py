"""``make synth``: the Terraform JSON of an environment, in ``cdktf.out``."""

from __future__ import annotations

import sys

from operations import ROOT, cdktf, toolchain
from operations.command_line import configuration, parser, run
from operations.packages import build_layer
from operations.progress import Progress


def main() -> int:
    """Synthesize the environment of the command line."""
    name = parser("Write the Terraform JSON of an environment.").parse_args().environment
    environment = configuration(name)
    toolchain.install()
    build_layer(environment)
    with Progress(f"Synthesizing {name}"):
        cdktf.synth(toolchain.environment(), name, cdktf.OUTPUT)
    for path in sorted(cdktf.OUTPUT.glob("stacks/*/cdk.tf.json")):
        print(f"  {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
