"""``make review``: the plans of all stacks for a person, and a stop for what is dangerous."""

from __future__ import annotations

import sys

import boto3

from operations import cdktf, toolchain
from operations.bootstrap import check_account
from operations.command_line import configuration, parser, run
from operations.packages import build_layer
from operations.progress import Progress
from operations.review.running import DANGEROUS, review


def main() -> int:
    """Review the environment of the command line; nothing is changed in AWS.

    Returns
    -------
    int
        0, or 3 when something is dangerous and not approved.
    """
    given = parser("Show what a deploy would change, and stop at what is dangerous.").parse_args()
    environment = configuration(given.environment)
    name = environment.environment
    toolchain.install()
    variables = {**toolchain.environment(), "TF_WORKSPACE": name}
    sts = boto3.client("sts", region_name=environment.regions.primary)
    check_account(sts, environment)
    build_layer(environment)
    with Progress(f"Synthesizing {name}"):
        cdktf.synth(variables, name, cdktf.OUTPUT)
    made = review(environment, variables)
    return DANGEROUS if made.unapproved else 0


if __name__ == "__main__":
    sys.exit(run(main))
