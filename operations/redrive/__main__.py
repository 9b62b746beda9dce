"""``make redrive``: shows what stands in the dead-letter queues, and sends it back."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import boto3
from botocore.exceptions import ClientError, HTTPClientError

from operations import ROOT
from operations.command_line import configuration, parser, run
from operations.errors import OperationError
from operations.redrive.account import RegionAccount, look, send_back, shown
from operations.region import Region, RegionError
from pipeline.datasets import Dataset, dataset_folders, load_datasets

RESULT = ROOT / "build" / "redrive.json"
_OF_ONE_REGION = (RegionError, ClientError, HTTPClientError)


def redrive(
    regions: Sequence[Region], datasets: Sequence[Dataset], is_approved: Callable[[], bool]
) -> dict[str, Any]:
    """Show what the regions' dead-letter queues hold, and when that is approved, send it back.

    One region's failure does not keep the other one's messages waiting.

    Parameters
    ----------
    regions
        Where to look.
    datasets
        What objects may belong to.
    is_approved
        Asked once everything was shown, unless there is nothing to send.

    Returns
    -------
    dict
        The content of the result file; ``problems`` in it is empty when all went well.
    """
    accounts: dict[str, RegionAccount] = {}
    problems: list[str] = []
    for region in regions:
        try:
            region.check_account()
            accounts[region.name] = look(region, datasets)
        except _OF_ONE_REGION as error:
            problems.append(f"{region.name}: {error}")
        else:
            print("\n".join(shown(region.name, accounts[region.name])), flush=True)
    full = [each for each in regions if each.name in accounts and not accounts[each.name].is_empty]
    sends = bool(full) and is_approved()
    for region in full if sends else ():
        account = accounts[region.name]
        try:
            send_back(region, account)
        except _OF_ONE_REGION as error:
            problems.append(f"{region.name}: {error}")
        problems += [f"{region.name}: {each}" for each in account.stay]
    return {
        "sent_back": sends,
        "regions": {name: account.content() for name, account in accounts.items()},
        "problems": problems,
    }


def main() -> int:
    """Redrive the environment of the command line."""
    arguments = parser("Show what could not be processed, with its cause, and send it back.")
    arguments.add_argument("--region", help="one of the two regions only")
    arguments.add_argument("--dry-run", action="store_true", help="show only")
    given = arguments.parse_args()
    environment = configuration(given.environment)
    names = environment.both_regions
    if given.region and given.region not in names:
        raise OperationError(
            f"--region {given.region!r} is no region of {environment.environment}; it has"
            f" {' and '.join(names)}"
        )
    RESULT.unlink(missing_ok=True)
    session = boto3.Session()
    regions = [Region(name, environment, session) for name in names if given.region in (None, name)]
    datasets = load_datasets(dataset_folders(ROOT))
    done = redrive(regions, datasets, lambda: not given.dry_run and _is_approved())
    RESULT.parent.mkdir(exist_ok=True)
    content = {"environment": environment.environment, **done}
    RESULT.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
    for problem in done["problems"]:
        print(f"error: {problem}", file=sys.stderr)
    print(f"Results: {RESULT.relative_to(ROOT)}")
    return 1 if done["problems"] else 0


def _is_approved() -> bool:
    """Ask a person; a program, and who says APPROVE=yes as for a deploy, is not asked."""
    if os.environ.get("APPROVE") == "yes" or not sys.stdin.isatty():
        return True
    return input("Send all of it back? Only 'yes' does: ").strip() == "yes"


if __name__ == "__main__":
    sys.exit(run(main))
