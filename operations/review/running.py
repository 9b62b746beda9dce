"""A review from the synthesized stacks to the files that it writes."""

from __future__ import annotations

from collections.abc import Mapping

from operations import ROOT, cdktf
from operations.review import terminal
from operations.review.approvals import approvals_file, read_approvals
from operations.review.changes import read_plan
from operations.review.markdown import markdown
from operations.review.plans import plan_stacks
from operations.review.record import record
from operations.review.report import Review
from operations.states import plannable_stacks
from pipeline.config import Environment

MARKDOWN = ROOT / "build" / "review.md"
RECORD = ROOT / "build" / "review.json"
DANGEROUS = 3  # the exit code of a review with a danger that nobody approved of


def review(environment: Environment, variables: Mapping[str, str]) -> Review:
    """Plan what is synthesized, show it and write it down.

    Parameters
    ----------
    environment
        The configuration that was synthesized.
    variables
        The whole environment of Terraform, with its workspace.

    Raises
    ------
    OperationError
        When there are no states yet, an approval cannot be read or a plan fails.
    """
    name = environment.environment
    file = approvals_file(ROOT / "environments", name)
    approvals = read_approvals(file)
    stacks, waiting = plannable_stacks(environment)
    shown = plan_stacks({each: cdktf.OUTPUT / "stacks" / each for each in stacks}, variables)
    made = Review(
        environment=name,
        account=environment.account.id,
        plans={stack: read_plan(stack, content) for stack, content in shown.items()},
        waiting=waiting,
        approvals=approvals,
        approvals_file=str(file.relative_to(ROOT)),
        by_release=environment.release.strategy == "canary",
    )
    terminal.show(made)
    MARKDOWN.parent.mkdir(parents=True, exist_ok=True)
    MARKDOWN.write_text(markdown(made), encoding="utf-8")
    RECORD.write_text(record(made), encoding="utf-8")
    return made


def stops_a_deploy(made: Review, environment: Environment) -> bool:
    """Tell whether a deploy must not go on.

    One of a disposable environment goes on, so that developers are not asked for what they can make
    again; but only if what is deployed is disposable, too: otherwise a change of the setting and
    what the setting protects could be deployed at once.
    """
    return bool(made.unapproved) and not (environment.data.disposable and _is_disposable(made))


def _is_disposable(made: Review) -> bool:
    buckets = [each.before for each in made.all if each.kind == "aws_s3_bucket" and each.before]
    tables = [each.before for each in made.all if each.kind == "aws_dynamodb_table"]
    return all(each.get("force_destroy") is True for each in buckets) and not any(
        each.get("deletion_protection_enabled") for each in tables
    )
