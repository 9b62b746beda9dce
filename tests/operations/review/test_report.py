"""What a person reads: grouped, from what to what, without noise, of bounded length."""

import io
import json
from typing import Any

import pytest

from operations.errors import OperationError
from operations.review import terminal
from operations.review.changes import read_plan
from operations.review.markdown import markdown
from operations.review.record import record
from operations.review.report import Review
from tests.operations.review.planned import (
    Values,
    allow,
    changed,
    plan,
    plan_of,
    policy,
    resource,
    review,
)
from tests.operations.review.resources import FUNCTION

WEST = {"region": "us-west-2"}
LOG_GROUP = {"name": "g", "retention_in_days": 30}
READ, WRITE = allow("s3:GetObject", "a"), allow("s3:PutObject", "a")


def shown(made: Review, capsys: pytest.CaptureFixture[str]) -> str:
    terminal.show(made)
    return capsys.readouterr().out


def lines_of(*resources: Values) -> list[str]:
    (entries,) = review(*resources).groups().values()
    return [line for each in entries for line in each.differences.lines]


def test_the_first_line_says_all(capsys: pytest.CaptureFixture[str]) -> None:
    """R-F7: counts of what is added, changed, replaced, destroyed, and dangerous."""
    made = review(
        resource("aws_sqs_queue", None, {"name": "q"}),
        changed("aws_lambda_function", FUNCTION, memory_size=1024, name="two"),
        changed("aws_cloudwatch_log_group", LOG_GROUP, retention_in_days=7, name="three"),
        resource("aws_cloudwatch_dashboard", {"dashboard_name": "d"}, None, name="four"),
    )

    assert made.headline() == "dev: 1 to add, 2 to change, 1 to destroy, 1 dangerous"
    assert shown(made, capsys).splitlines()[1] == made.headline()
    assert markdown(made).startswith(f"### Plan of {made.headline()}\n")
    assert review().headline() == "dev: no changes"


def test_changes_are_grouped_by_capability_and_region(capsys: pytest.CaptureFixture[str]) -> None:
    """R-F7: storage, functions, routes, each region on its own."""
    made = review(
        changed("aws_lambda_function", FUNCTION, memory_size=1024),
        changed("aws_lambda_function", {**FUNCTION, **WEST}, memory_size=1024, name="two"),
        changed("aws_sqs_queue", {"name": "q", **WEST}, delay_seconds=1, name="three"),
        changed("aws_iam_role", {"name": "r", "description": "a"}, description="b"),
    )

    assert list(made.groups()) == [
        ("Identity", "global"),
        ("Functions", "us-east-1"),
        ("Functions", "us-west-2"),
        ("Routes", "us-west-2"),
    ]
    assert "\nFunctions, us-west-2\n  ~ function f\n      memory_size: 512 → 1024\n" in shown(
        made, capsys
    )
    assert "#### Functions, us-west-2\n\n- ✏️ function f\n  - `memory_size: 512 → 1024`" in markdown(
        made
    )


@pytest.mark.parametrize(
    ("change", "folded"),
    [
        ({"tags_all": {"Owner": "b"}}, ["tag Owner: a → b: 1 resource"]),
        ({"source_code_hash": "b", "code_sha256": "c"}, ["new code: 1 resource"]),
        ({"policy": policy(WRITE, READ)}, ["order or form of policy: 1 resource"]),
        ({"redrive_policy": '{"b":2, "a":1}'}, ["order or form of redrive_policy: 1 resource"]),
    ],
)
def test_noise_is_counted_and_not_shown(change: Values, folded: list[str]) -> None:
    """R-F7: tags, hashes of code, the order of a policy."""
    before = {
        **FUNCTION,
        "tags_all": {"Owner": "a"},
        "policy": policy(READ, WRITE),
        "redrive_policy": '{"a": 1, "b": 2}',
    }
    made = review(changed("aws_lambda_function", before, **change))

    assert made.folded() == folded
    if "code" not in folded[0]:
        assert made.groups() == {}
        assert made.headline() == "dev: 1 to change (1 of them noise)"
    else:
        ((entry,),) = made.groups().values()
        assert entry.differences.lines == ("new code",)


def test_values_in_another_order_are_no_change() -> None:
    """R-F7: Terraform's sets come in any order."""
    before = {**FUNCTION, "security_group_ids": ["a", "b"]}

    made = review(changed("aws_lambda_function", before, security_group_ids=["b", "a"], timeout=1))

    ((entry,),) = made.groups().values()
    assert entry.differences.lines == ("timeout: 30 → 1",)


def test_computed_values_are_noise_and_configured_ones_are_not() -> None:
    """R-F7: what the configuration sets and is not known yet is shown as it is."""
    before = {**FUNCTION, "last_modified": "today"}
    planned = changed("aws_lambda_function", before)
    planned["change"]["actions"] = ["update"]
    planned["change"]["after_unknown"] = {"arn": True, "role": True}
    planned["change"]["after"].pop("arn")

    made = review(planned)

    ((entry,),) = made.groups().values()
    assert entry.differences.lines == ("role: nothing → (known after apply)",)
    assert made.folded() == ["computed values: 1 resource"]


def test_a_policy_is_shown_as_statements() -> None:
    """R-F7: not as two long texts."""
    before = {"role": "r", "policy": policy(READ, allow("s3:ListBucket", "b"))}
    after = policy(allow("s3:ListBucket", "b"), allow("sqs:SendMessage", "q"))

    assert lines_of(changed("aws_iam_role_policy", before, policy=after)) == [
        "- Allow s3:GetObject on a",
        "+ Allow sqs:SendMessage on q",
    ]


def test_other_json_is_shown_by_its_parts() -> None:
    """R-F7: one value of an event pattern, not the whole of it."""
    before = {"name": "r", "event_pattern": json.dumps({"source": ["a"], "detail": {"x": ["1"]}})}
    after = json.dumps({"detail": {"x": ["1", "2"]}, "source": ["a"]})

    assert lines_of(changed("aws_cloudwatch_event_rule", before, event_pattern=after)) == [
        'event_pattern.detail.x: ["1"] → ["1", "2"]'.replace('"', "")
    ]


def test_what_is_made_with_its_parts_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """R-F7: a bucket with its versioning and policy is one new thing."""
    parts = ("aws_s3_bucket", "aws_s3_bucket_versioning", "aws_s3_bucket_policy")
    made = review(*(resource(kind, None, {"bucket": "b"}) for kind in parts))

    assert "  + bucket b, with policy, versioning\n" in shown(made, capsys)
    assert made.counts["add"] == 3


def test_a_part_is_one_with_its_owner_also_before_aws_gave_that_an_id(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """R-F7: a first deploy is not a list of parts."""
    bucket = resource("aws_s3_bucket", None, {"bucket": "b"})
    part = resource("aws_s3_bucket_versioning", None, {}, unknown={"bucket": True})
    content = plan_of(bucket, part)
    configured = content["configuration"]["root_module"]["resources"][1]
    configured["expressions"]["bucket"] = {
        "references": ["aws_s3_bucket.one.id", bucket["address"]]
    }
    made = Review("dev", "111122223333", {"foundation": read_plan("foundation", content)})

    assert "  + bucket b, with versioning\n" in shown(made, capsys)


def test_the_same_change_of_many_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    """R-F7: one text with all names."""
    made = review(
        *(
            changed("aws_s3_bucket", {"bucket": each, "x": 1}, x=2, name=each)
            for each in ("a", "b", "c")
        )
    )

    assert "  ~ bucket a\n    b\n    c\n      x: 1 → 2\n" in shown(made, capsys)
    assert "bucket a, b, c" in markdown(made)


def test_a_moved_an_imported_and_a_forgotten_resource_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """R-F7: they are no change in AWS, and still of interest."""
    queue = {"name": "q"}
    moved = resource("aws_sqs_queue", queue, queue, previous_address="aws_sqs_queue.old")
    imported = resource("aws_sqs_queue", {"name": "i"}, {"name": "i"}, name="two")
    imported["change"]["importing"] = {"id": "url"}
    forgotten = resource("aws_sqs_queue", {"name": "f"}, None, actions=["forget"], name="three")

    text = shown(review(moved, imported, forgotten), capsys)

    assert "» queue q (moved from aws_sqs_queue.old)" in text
    assert "» queue i (imported: url)" in text
    assert "queue f stays, and Terraform forgets it" in text


def test_what_was_changed_outside_of_terraform_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """R-F7: only of what the configuration sets."""
    queue = {"name": "q", "delay_seconds": 0, "policy": "a"}
    planned = plan_of(resource("aws_sqs_queue", {"name": "q", "delay_seconds": 0}, queue))
    planned["resource_drift"] = [changed("aws_sqs_queue", queue, delay_seconds=9, url="x")]
    made = Review("dev", "111122223333", {"foundation": read_plan("foundation", planned)})

    assert (
        "Changed outside of Terraform since its last run\n  ~ queue q\n      delay_seconds: 0 → 9"
        in (shown(made, capsys))
    )


def test_sensitive_values_are_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    """R-F7: it is told that they change, in no form what they are."""
    made = review(
        resource(
            "aws_ssm_parameter",
            {"name": "p", "value": "old-secret"},
            {"name": "p", "value": "new-secret"},
            sensitive={"value": True},
        )
    )

    for text in (shown(made, capsys), markdown(made), record(made)):
        assert "secret" not in text.replace("secretsmanager", "")
        assert "value: (sensitive) → (sensitive, a new value)" in text


def test_colours_are_for_terminals_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F7: none in a pipe, none with NO_COLOR."""
    made = review(changed("aws_cloudwatch_log_group", LOG_GROUP, retention_in_days=7))
    assert "\x1b" not in shown(made, capsys)

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def on_a_terminal(**variables: str) -> str:
        with monkeypatch.context() as patched:
            for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
                patched.delenv(name, raising=False)
            patched.setenv("TERM", "xterm-256color")
            for name, value in variables.items():
                patched.setenv(name, value)
            output = Terminal()
            patched.setattr("sys.stdout", output)
            terminal.show(made)
            return output.getvalue()

    assert "\x1b[1;31m" in on_a_terminal()
    assert "31m" not in on_a_terminal(NO_COLOR="1")


@pytest.mark.parametrize("version", ["2.0", "", None])
def test_an_unknown_format_of_plans_is_refused(version: Any) -> None:
    """R-F7: Terraform asks for it ("Reject any input which reports an unsupported version")."""
    with pytest.raises(OperationError, match="the review reads"):
        read_plan("edge", {"format_version": version})


def test_a_check_that_fails_is_a_note() -> None:
    """R-F7: preconditions and check blocks stand in the plan."""
    check = {"address": {"to_display": "check.one"}, "status": "fail", "instances": []}
    made = Review("dev", "1", {"edge": plan(stack="edge", checks=[check])})

    assert made.notes() == ["stack edge: the check check.one fails"]
