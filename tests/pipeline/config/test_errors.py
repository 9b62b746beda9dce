"""Whatever is wrong in an environment file is said at once, with file, key, value, allowed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import PipelineError
from pipeline.config import ConfigurationError, Problem, load_environment

Problems = Callable[[str], tuple[Problem, ...]]

MINIMAL = """
environment = "dev"
{top}
[account]
id = "111122223333"
{account}
[naming]
team = "data-platform"
{naming}
[tags]
owner = "data-platform"
purpose = "testing"
{rest}
"""


def written(top: str = "", account: str = "", naming: str = "", rest: str = "") -> str:
    return MINIMAL.format(top=top, account=account, naming=naming, rest=rest)


def test_unknown_workspace_lists_the_right_ones(folder: Path) -> None:
    """R-C1: fail fast."""
    (folder / "prod.toml").write_text("", "utf-8")

    with pytest.raises(PipelineError, match=r'"prood".*there are: dev, prod; did you mean prod'):
        load_environment("prood", folder)


def test_missing_workspace_lists_the_right_ones(folder: Path) -> None:
    with pytest.raises(PipelineError, match=r"TF_WORKSPACE: must be set to an environment: dev$"):
        load_environment("", folder)


def test_folder_without_environments_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no environment files"):
        load_environment("dev", tmp_path)


@pytest.mark.parametrize(
    ("content", "key", "value", "allowed"),
    [
        (
            written(top="colour = 1"),
            "colour",
            1,
            "not a known key; known here: account, alarms, api, ci, data",
        ),
        (written(naming='sufix = "x"'), "naming.sufix", "x", "did you mean suffix?"),
        (written(account='singletons = "yes"'), "account.singletons", "yes", "true or false"),
        (written(rest="[data]\nstatus_shards = 0"), "data.status_shards", 0, "at least 1"),
        (written(rest="[data]\nstatus_shards = true"), "data.status_shards", True, "whole number"),
        (written(rest='[data]\ntrigger = "sns"'), "data.trigger", "sns", "'eventbridge' or 's3'"),
        (written(rest='data = "all"'), "tags.data", "all", "not a known key"),
        (written(top='data = "all"'), "data", "all", "a table ([section])"),
        (
            written(rest='[regions]\nprimary = "us-east-9"'),
            "regions.primary",
            "us-east-9",
            "must be a region of AWS",
        ),
        (
            written(rest='[regions]\nprimary = "aws-global"'),
            "regions.primary",
            "aws-global",
            "must be a region of AWS",
        ),
        (
            written(rest='[regions]\nsecondary = "us-east-1"'),
            "regions.secondary",
            "us-east-1",
            "another region than regions.primary",
        ),
        (
            written(rest='[regions]\nsecondary = "cn-north-1"'),
            "regions.secondary",
            "cn-north-1",
            "in the partition of regions.primary, aws; it is in aws-cn",
        ),
        (
            written(rest="[data]\ndisposable = true"),
            "data.disposable",
            True,
            "impossible with data.deletion_protection = true",
        ),
        (
            written(naming='pattern = "x-{resource}"'),
            "naming.pattern",
            "x-{resource}",
            "must contain {environment}",
        ),
        (
            written(naming='pattern = "{resorce}-{environment}"'),
            "naming.pattern",
            "{resorce}-{environment}",
            "unknown placeholder {resorce}",
        ),
        (
            written(naming='pattern = "{resource}{environment"'),
            "naming.pattern",
            "{resource}{environment",
            "braces in pairs",
        ),
        (
            written(naming='suffix = "much-too-long"'),
            "naming.suffix",
            "much-too-long",
            "at most 8 characters",
        ),
        (
            written(rest="[functions]\nlog_retention_days = 8"),
            "functions.log_retention_days",
            8,
            "5, 7, 14",
        ),
        (
            written(rest="[functions.processor]\nmaximum_concurrency = 1"),
            "functions.processor.maximum_concurrency",
            1,
            "at least 2",
        ),
        (
            written(rest="[functions.processor]\ntimeout_seconds = 901"),
            "functions.processor.timeout_seconds",
            901,
            "at most 900",
        ),
        (
            written(rest='[tags.extra]\n"aws:x" = "y"'),
            "tags.extra.aws:x",
            "aws:x",
            "AWS reserves",
        ),
        (written(rest='[tags.extra]\nOwner = "y"'), "tags.extra.Owner", "Owner", "itself"),
        (written(rest='[tags.extra]\nX = "<b>"'), "tags.extra.X", "<b>", "letters, digits"),
        (
            written(rest="[tags.extra]\n" + "".join(f't{n} = "y"\n' for n in range(6))),
            "tags.extra",
            {f"t{n}": "y" for n in range(6)},
            "at most 5 entries",
        ),
    ],
)
def test_wrong_setting_is_named(
    problems: Problems, content: str, key: str, value: object, allowed: str
) -> None:
    """R-C1: file, key, value, and what is allowed."""
    (problem,) = problems(content)

    assert (problem.file, problem.key, problem.value) == ("environments/dev.toml", key, value)
    assert allowed in problem.allowed


def test_missing_settings_are_named(problems: Problems) -> None:
    """R-C1: team, owner, purpose and the account have no default."""
    found = {problem.key for problem in problems('environment = "dev"\n[tags]\n[account]\n')}

    assert found == {"account.id", "naming", "tags.owner", "tags.purpose"}


def test_pattern_with_suffix_needs_one(problems: Problems) -> None:
    (problem,) = problems(written(naming='pattern = "{resource}-{environment}-{suffix}"'))

    assert problem.key == "naming.suffix"
    assert "{suffix}" in problem.allowed


def test_name_of_the_file_is_the_environment(problems: Problems) -> None:
    (problem,) = problems(written().replace('"dev"', '"prod"'))

    assert (problem.key, problem.value) == ("environment", "prod")
    assert '"dev"' in problem.allowed


def test_all_problems_come_at_once(problems: Problems) -> None:
    """A wrong type, an unknown key, a bad region and an impossible pair: one report."""
    content = written(
        account="singleton = true",
        naming="unique_buckets = 1",
        rest='[regions]\nprimary = "mars"\n[data]\ndisposable = true',
    )

    found = {problem.key for problem in problems(content)}

    assert found == {
        "account.singleton",
        "naming.unique_buckets",
        "regions.primary",
        "data.disposable",
    }


def test_message_is_one_line_per_problem(folder: Path) -> None:
    (folder / "dev.toml").write_text(written(rest='[regions]\nprimary = "mars"'), "utf-8")

    with pytest.raises(ConfigurationError) as caught:
        load_environment("dev", folder)

    title, line = str(caught.value).splitlines()
    assert title == "1 problem in the configuration:"
    assert line.startswith('  - environments/dev.toml: regions.primary = "mars": must be a region')


@pytest.mark.parametrize(
    ("content", "allowed"),
    [
        (b"environment = \n", "line 1"),
        (b'environment = "dev"\nenvironment = "dev"\n', "line 2"),
        (b'environment = "d\xffv"\n', "must be UTF-8; byte 16"),
    ],
)
def test_unreadable_file_says_where(folder: Path, content: bytes, allowed: str) -> None:
    (folder / "dev.toml").write_bytes(content)

    with pytest.raises(ConfigurationError) as caught:
        load_environment("dev", folder)

    (problem,) = caught.value.problems
    assert problem.file == "environments/dev.toml"
    assert allowed in problem.allowed


def test_one_environment_of_an_account_owns_its_singletons(folder: Path) -> None:
    """R-C4: what exists once per account is deployed by one environment."""
    content = written(account="singletons = true")
    (folder / "dev.toml").write_text(content, "utf-8")
    (folder / "test.toml").write_text(content.replace('"dev"', '"test"'), "utf-8")

    with pytest.raises(ConfigurationError) as caught:
        load_environment("dev", folder)

    (problem,) = caught.value.problems
    assert problem.key == "account.singletons"
    assert "environments/test.toml" in problem.allowed


def test_environments_of_two_accounts_both_own_singletons(folder: Path) -> None:
    content = written(account="singletons = true")
    (folder / "dev.toml").write_text(content, "utf-8")
    other = content.replace('"dev"', '"test"').replace("111122223333", "444455556666")
    (folder / "test.toml").write_text(other, "utf-8")

    assert load_environment("dev", folder).account.singletons
