"""``make release`` and ``make rollback``; docs/releases.md."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import boto3

from operations import ROOT, terraform_run
from operations.command_line import configuration, parser, run
from operations.errors import OperationError
from operations.region import Region
from operations.release.plan import Plan, TroubleError
from operations.release.releasing import Release
from operations.release.rolling_back import undo
from operations.release.side import Side
from pipeline.config import Environment
from pipeline.naming import Names

RESULT = ROOT / "build" / "release.json"


def main() -> int:
    """Release the environment of the command line, or undo its last release."""
    arguments = parser("Bring new versions of the functions into use, step by step.")
    arguments.add_argument("--rollback", action="store_true", help="undo the last release")
    arguments.add_argument(
        "--ignore", default="", metavar="ALARMS", help="alarms that do not count, with commas"
    )
    given = arguments.parse_args()
    environment = configuration(given.environment)
    ignored = _alarms(given.ignore, environment)
    RESULT.unlink(missing_ok=True)
    if environment.release.strategy == "direct" and not given.rollback:
        return _only_deploy(environment)
    session = boto3.Session()
    # The standby first: what goes wrong there meets the fewest.
    sides = [Side(Region(each, environment, session)) for each in environment.both_regions[::-1]]
    if given.rollback:
        return _undo(sides, environment)
    return _release(sides, environment, ignored)


def _release(sides: Sequence[Side], environment: Environment, ignored: tuple[str, ...]) -> int:
    settings, name = environment.release, environment.environment
    plan = Plan(
        percents=(settings.canary_percent, *settings.steps),
        error_percent=settings.error_percent,
        step_seconds=settings.step_seconds,
        ignored=ignored,
        poll_seconds=min(10.0, settings.step_seconds / 5),
    )
    release = Release(sides, name, plan)
    release.open()
    if release.is_half_undone:
        problems = release.finish_rollback()
        _tell(sides, environment, problems)
        print("error: a rollback was under way, and goes before a release", file=sys.stderr)
        return 1
    who = sides[0].region.client("sts").get_caller_identity()["Arn"]
    if release.is_under_way:
        code = _make(release, sides, environment, who)
        if code:
            return code
        print(f"That release was begun before. On with what {name} has been given since.")
    if os.environ.get("DEPLOY") != "no":
        code = terraform_run.terraform(environment, "deploy")
        if code:
            return code
    return _make(release, sides, environment, who)


def _make(release: Release, sides: Sequence[Side], environment: Environment, who: str) -> int:
    """Bring the release that is under way, or a new one, to its end."""
    try:
        if release.begin(who):
            release.run()
        else:
            name = environment.environment
            print(f"Nothing to release: all that is published in {name} is in use.")
    except TroubleError as trouble:
        _tell(sides, environment, str(trouble).splitlines())
        return 1
    except KeyboardInterrupt:
        print(f"\nStopped. {release.how_to_go_on()}", file=sys.stderr)
        _write(RESULT, sides, environment, ["interrupted"])
        raise
    except OperationError as error:
        _write(RESULT, sides, environment, [str(error)])
        raise
    _tell(sides, environment, [])
    return 0


def _undo(sides: Sequence[Side], environment: Environment) -> int:
    problems = undo(sides, environment.environment)
    _tell(sides, environment, problems)
    return 1 if problems else 0


def _only_deploy(environment: Environment) -> int:
    name = environment.environment
    print(
        f'{name} has release.strategy = "direct": a deploy moves the aliases by itself, and there'
        " is nothing to release."
    )
    return 0 if os.environ.get("DEPLOY") == "no" else terraform_run.terraform(environment, "deploy")


def _alarms(given: str, environment: Environment) -> tuple[str, ...]:
    names = tuple(filter(None, (each.strip() for each in given.split(","))))
    prefix, _, suffix = Names(environment).resource("alarm", "RESOURCE").partition("RESOURCE")
    for name in names:
        if not (name.startswith(prefix) and name.endswith(suffix)):
            raise OperationError(
                f"IGNORE={name} is no alarm of {environment.environment}: their names are"
                f" {prefix}<what>{suffix}"
            )
    return names


def _tell(sides: Sequence[Side], environment: Environment, problems: Sequence[str]) -> None:
    _write(RESULT, sides, environment, problems)
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    print(f"Results: {RESULT.relative_to(ROOT)}")


def _write(
    file: Path, sides: Sequence[Side], environment: Environment, problems: Sequence[str]
) -> None:
    records = {side.name: side.record for side in sides}
    content = {
        "environment": environment.environment,
        "regions": {
            name: record.model_dump(mode="json", exclude={"holder"}) if record else None
            for name, record in records.items()
        },
        "problems": list(problems),
    }
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(run(main))
