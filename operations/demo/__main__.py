"""``make demo``: the whole pipeline on this machine, from synth to destroy."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from operations import ROOT, cdktf, toolchain
from operations.bootstrap import bootstrap
from operations.command_line import configuration, parser, run
from operations.demo import report
from operations.demo.accounts import Accounts, balance
from operations.demo.processing import upload, wait_for_ledger, wait_for_rest
from operations.demo.samples import Sample, collect, link_datasets, stray_files
from operations.demo.teardown import lift_protection, remove_state
from operations.embedded import EmbeddedAws, embedded_aws
from operations.exclusive import exclusive
from operations.packages import build_layer
from operations.progress import Progress
from pipeline.config import Environment
from pipeline.datasets import Dataset, dataset_folders, load_datasets
from pipeline.naming import Names

RESULT = ROOT / "build" / "demo.json"
_OUTPUT = ROOT / "build" / "demo" / "cdktf.out"
_DATASETS = ROOT / "build" / "demo" / "datasets"


@dataclass
class Demo:
    """One run of the demo.

    Parameters
    ----------
    environment, names
        The configuration and the naming rule.
    datasets
        The kinds of data.
    samples
        The files to process.
    seconds
        How long each part took, for the result file.
    """

    environment: Environment
    names: Names
    datasets: Sequence[Dataset]
    samples: Sequence[Sample]
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, aws: EmbeddedAws) -> list[str]:
        """Run it all.

        Returns
        -------
        list of str
            What does not balance; empty when everything does.
        """
        self._deploy(aws)
        accounts = self._process(aws)
        report.show_accounts(accounts, [each for each in self.samples if not each.routed])
        resources = self._resources(aws)
        left = self._destroy(aws)
        denied = aws.report()["denied"]
        content = {
            "environment": self.environment.environment,
            "regions": accounts.regions,
            "replicated": accounts.replicated,
            "resources": resources,
            "denied": denied,
            "seconds": {part: round(seconds, 1) for part, seconds in self.seconds.items()},
            "left_after_destroy": left,
        }
        report.write(RESULT, content)
        problems = [*accounts.problems]
        problems += [f"IAM refused: {refusal}" for refusal in denied]
        problems += [f"left after the destroy: {each}" for each in left]
        return problems

    def _deploy(self, aws: EmbeddedAws) -> None:
        name = self.environment.environment
        build_layer(self.environment)
        with Progress(f"Synthesizing {name}") as progress:
            cdktf.synth(aws.variables, name, _OUTPUT)
        self.seconds["synth"] = progress.seconds
        bootstrap(self.environment, aws.session(), aws.endpoint)
        with Progress("Deploying both regions") as progress:
            cdktf.deploy(aws.variables, name, _OUTPUT, progress)
        self.seconds["deploy"] = progress.seconds

    def _process(self, aws: EmbeddedAws) -> Accounts:
        uploads = upload(aws, self.names, self.samples)
        with Progress("Processing") as progress:
            entries = wait_for_ledger(aws, self.names, uploads, progress)
            wait_for_rest(aws, progress)
            records = sum(entry.counts["read"] for entry in entries)
            progress.show(f"{len(entries)} objects, {records:,} records")
        self.seconds["process"] = progress.seconds
        with Progress("Balancing ledger, table, quarantine and audit trail"):
            return balance(aws, self.names, self.environment.both_regions, entries)

    def _resources(self, aws: EmbeddedAws) -> dict[str, Any]:
        found = aws.report()
        recorded = found["recorded_only"]
        for notice in found["notices"]:
            print(f"note: {notice}")
        if recorded:
            print(f"Recorded in the state only, not made: {', '.join(recorded)}")
        return {"applied": sum(found["applied"].values()), "recorded_only": recorded}

    def _destroy(self, aws: EmbeddedAws) -> list[str]:
        name = self.environment.environment
        with Progress("Destroying") as progress:
            lift_protection(aws, self.environment, self.names)
            cdktf.destroy(aws.variables, name, _OUTPUT, progress)
            remove_state(aws, self.environment, self.names)
        self.seconds["destroy"] = progress.seconds
        left: list[str] = aws.report()["left"]
        return left


def main() -> int:
    """Run the demo of the command line, one at a time in this folder."""
    arguments = parser("Deploy, process, check and destroy on this machine.")
    arguments.add_argument(
        "--input", type=Path, metavar="FOLDER", help="files as <dataset>/*, in place of the samples"
    )
    given = arguments.parse_args()
    with exclusive(ROOT / "build" / "demo", "demo"):
        return _demonstrate(given)


def _demonstrate(given: argparse.Namespace) -> int:
    environment = configuration(given.environment)
    RESULT.unlink(missing_ok=True)
    if given.input:
        link_datasets(given.input, ROOT / "datasets", _DATASETS)
        os.environ["DATASETS_PATH"] = os.fspath(_DATASETS)
        if stray := stray_files(given.input):
            print(f"note: not uploaded, since in no dataset's folder: {', '.join(stray)}")
    datasets = load_datasets(dataset_folders(ROOT))
    samples = collect(datasets, environment.both_regions, given.input)
    toolchain.install()
    demo = Demo(environment, Names(environment), datasets, samples)
    file = ROOT / "build" / "demo" / "environment.sh"
    print(f"The embedded AWS takes on account {environment.account.id}.", flush=True)
    with embedded_aws(environment.account.id, file) as aws:
        problems = demo.run(aws)
    report.show_problems(problems)
    print(f"Results: {RESULT.relative_to(ROOT)}; logs: build/logs/")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(run(main))
