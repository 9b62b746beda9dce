"""``make plan``, ``deploy`` and ``destroy``: Terraform on a person's own AWS account.

Each synthesizes first and then hands the terminal to ``cdktf``, which asks before it changes
anything. ``APPROVE=yes`` answers for continuous integration. A deploy is reviewed before, and does
not begin when the review finds something dangerous that nobody approved of by its name.
"""

from __future__ import annotations

import os
import sys

from operations import ROOT, cdktf, processes, toolchain
from operations.bootstrap import bootstrap
from operations.command_line import configuration, parser, run
from operations.packages import build_layer
from operations.progress import Progress
from operations.review.running import DANGEROUS, review, stops_a_deploy
from operations.states import plannable_stacks
from pipeline.config import Environment
from pipeline.packaging import RUNTIME


def main(verb: str) -> int:
    """Plan, deploy or destroy the environment of the command line.

    Parameters
    ----------
    verb
        ``plan``, ``deploy`` or ``destroy``.
    """
    given = parser(f"Terraform {verb} of an environment, with its state in S3.").parse_args()
    return terraform(configuration(given.environment), verb)


def terraform(environment: Environment, verb: str) -> int:
    """Synthesize, and plan, deploy or destroy.

    Parameters
    ----------
    environment
        The configuration.
    verb
        ``plan``, ``deploy`` or ``destroy``.

    Returns
    -------
    int
        The exit code: that of ``cdktf``, or `DANGEROUS`.
    """
    toolchain.install()
    variables = {**toolchain.environment(), "TF_WORKSPACE": environment.environment}
    build_layer(environment)
    with Progress(f"Synthesizing {environment.environment}"):
        cdktf.synth(variables, environment.environment, cdktf.OUTPUT)
    for made in bootstrap(environment):
        print(f"made {made}")
    if verb == "plan":
        return _plan(environment, variables)
    if verb == "deploy":
        _advise_on_byte_code()
        if stops_a_deploy(review(environment, variables), environment):
            print("error: not deployed: approve of what is dangerous first", file=sys.stderr)
            return DANGEROUS
    approval = ["--auto-approve"] if os.environ.get("APPROVE") == "yes" else []
    return _call(variables, verb, "*", *approval)


def _plan(environment: Environment, variables: dict[str, str]) -> int:
    """Plan each stack; one that looks up what is not made yet cannot be planned."""
    stacks, waiting = plannable_stacks(environment)
    if waiting:
        print(f"note: {' and '.join(waiting)} can be planned once what they look up is made.")
    return max(_call(variables, "diff", stack) for stack in stacks)


def _call(variables: dict[str, str], verb: str, *rest: str) -> int:
    command = cdktf.arguments(verb, *rest)
    return processes.in_foreground(command, variables=variables, folder=ROOT)


def _advise_on_byte_code() -> None:
    wanted = RUNTIME.removeprefix("python")
    if wanted != f"{sys.version_info.major}.{sys.version_info.minor}":
        print(
            f"note: the functions run on Python {wanted} and are packed without byte code by"
            f" Python {sys.version_info.major}.{sys.version_info.minor}, so they start slower."
            f" `rm -r .venv; make deploy PYTHON=python{wanted}` packs it."
        )


def command(verb: str) -> None:
    """Run as a command of its own and leave with its exit code."""
    sys.exit(run(lambda: main(verb)))
