"""Approvals: by name and reason, for exactly one change."""

from pathlib import Path

import pytest

from operations.errors import OperationError
from operations.review.approvals import approvals_file, read_approvals
from operations.review.markdown import markdown
from operations.review.running import stops_a_deploy
from pipeline.config import Environment, available_environments, load_environment
from tests.operations.review.planned import Values, changed, dangers, resource, review
from tests.project_copy import ROOT

LOG_GROUP = {"name": "/aws/lambda/f", "retention_in_days": 30}


def shorter(days: int, **more: object) -> Values:
    return changed("aws_cloudwatch_log_group", {**LOG_GROUP, **more}, retention_in_days=days)


def name_of(*resources: Values) -> str:
    (found,) = dangers(*resources)
    return found.name


def test_a_name_says_what_and_where_and_is_one_key_of_toml() -> None:
    """R-F7: kind, resource, region, hash."""
    kind, *words, digest = name_of(shorter(7)).split("-")

    assert (kind, words) == ("retention", ["f", "us", "east", "1"])
    assert len(digest) == 8
    assert set(digest) <= set("0123456789abcdef")


def test_another_change_has_another_name() -> None:
    """R-F7: an approval of 30 → 7 is none of 30 → 3, 14 → 7, or of another group."""
    names = {
        name_of(shorter(7)),
        name_of(shorter(3)),
        name_of(shorter(7, retention_in_days=14)),
        name_of({**shorter(7), "address": "aws_cloudwatch_log_group.other"}),
    }

    assert len(names) == 4


def test_what_does_not_belong_to_the_change_is_not_in_its_name() -> None:
    """R-F7: new code or a tag beside it leave the approval as it is."""
    other = changed("aws_cloudwatch_log_group", LOG_GROUP, retention_in_days=7, tags={"a": "b"})

    assert name_of(other) == name_of(shorter(7))


def test_what_is_approved_stops_nothing() -> None:
    """R-F7: and is still told, with its reason."""
    name = name_of(shorter(7))

    made = review(shorter(7), approvals={name: "the auditors want it"})

    assert made.unapproved == []
    assert made.headline() == "dev: 1 to change, 1 dangerous (approved)"
    assert "approved: the auditors want it" in markdown(made)
    assert review(shorter(3), approvals={name: "x"}).unapproved != []


def test_an_approval_that_fits_nothing_is_told() -> None:
    """R-F7: so that the file does not grow, and nothing is approved of for ever."""
    made = review(approvals={"state-t-12345678": "x"})

    assert made.notes() == [
        "the approval state-t-12345678 fits no change: remove it from"
        " environments/approvals/dev.toml"
    ]


def test_without_a_file_nothing_is_approved(tmp_path: Path) -> None:
    """R-F7: most environments need none; and the folder is no environment."""
    file = approvals_file(tmp_path, "dev")
    assert read_approvals(file) == {}

    file.parent.mkdir()
    file.write_text('[approved]\nstate-t-1 = "yes"\n')
    assert read_approvals(file) == {"state-t-1": "yes"}
    assert available_environments(tmp_path) == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[approved", "environments/approvals/dev.toml: is not TOML"),
        ("[aproved]\na = 'b'", "environments/approvals/dev.toml: aproved: is not known"),
        ("approved = 1", "approved = 1: must be a table of names and reasons"),
        ("[approved]\na = true", "approved.a = True: must be the reason, as text"),
        ("[approved]\na = ' '", "approved.a = ' ': must be the reason, as text"),
        (b"\xff", "environments/approvals/dev.toml: is not TOML"),
    ],
)
def test_a_wrong_file_is_one_message(tmp_path: Path, content: str | bytes, said: str) -> None:
    """R-F7: with file, key, value and what is allowed."""
    file = approvals_file(tmp_path / "environments", "dev")
    file.parent.mkdir(parents=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(OperationError) as error:
        read_approvals(file)

    assert said in str(error.value)


def environment(*, disposable: bool) -> Environment:
    name = "dev" if disposable else "staging"
    found = load_environment(name, ROOT / "environments")
    assert found.data.disposable is disposable
    return found


BUCKET = {"bucket": "b", "force_destroy": True}
TABLE = {"name": "t", "deletion_protection_enabled": False}


@pytest.mark.parametrize(
    ("disposable", "bucket", "table", "stops"),
    [
        (True, BUCKET, TABLE, False),
        (False, BUCKET, TABLE, True),
        (True, {**BUCKET, "force_destroy": False}, TABLE, True),
        (True, BUCKET, {**TABLE, "deletion_protection_enabled": True}, True),
    ],
)
def test_only_what_is_and_was_disposable_is_deployed_without_approval(
    disposable: bool, bucket: Values, table: Values, stops: bool
) -> None:
    """R-F7: not also what the same change makes disposable."""
    there = [
        resource("aws_s3_bucket", bucket, {**bucket, "force_destroy": disposable}),
        resource("aws_dynamodb_table", table, {**table, "deletion_protection_enabled": False}),
    ]
    given = environment(disposable=disposable)

    assert stops_a_deploy(review(*there, shorter(7)), given) is stops
    assert stops_a_deploy(review(), given) is False
