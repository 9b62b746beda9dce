"""What the demo tells: a table for people, ``build/demo.json`` for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from operations.demo.accounts import Accounts
from operations.demo.samples import Sample

_COLUMNS = ("objects", "read", "stored", "superseded", "rejected", "dead_lettered", "audited")
_REASONS = 8
_LOG_WIDTH = 120


def show_accounts(accounts: Accounts, ignored: Sequence[Sample]) -> None:
    """Print the accounts of both regions and why records were rejected."""
    console = _console()
    table = Table("region", *(name.replace("_", " ") for name in _COLUMNS))
    for column in table.columns[1:]:
        column.justify = "right"
    for region, counts in accounts.regions.items():
        table.add_row(region, *(f"{counts[name]:,}" for name in _COLUMNS))
    console.print(table)
    items, missing = accounts.replicated["items"], accounts.replicated["missing"]
    console.print(f"The global table has {items:,} items in both regions; {missing} differ.")
    if accounts.reasons:
        console.print("Most frequent reasons in quarantine:")
        for reason, count in accounts.reasons.most_common(_REASONS):
            console.print(f"  {count:>6,}  {reason}", markup=False, soft_wrap=True)
    for object_id, reason in accounts.failed:
        text = f"Not readable to its end: {object_id}: {reason}"
        console.print(text, markup=False, soft_wrap=True)
    for sample in ignored:
        allowed = ", ".join(sample.dataset.suffixes)
        console.print(
            f"Not announced: {sample.key}: the dataset {sample.dataset.name} takes {allowed}",
            markup=False,
            soft_wrap=True,
        )


def _console() -> Console:
    """Return a console that is as wide as the terminal, and wide enough where there is none."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_LOG_WIDTH)


def show_problems(problems: Sequence[str]) -> None:
    """Print what does not balance, or that everything does."""
    for problem in problems:
        print(f"PROBLEM: {problem}")
    if not problems:
        print("Everything balances: read = stored + superseded + rejected, in each region.")


def write(path: Path, content: dict[str, Any]) -> None:
    """Write the result file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")
