"""The review in a comment of a pull request: of bounded length, and nothing in it is markup."""

import json
import re

import pytest

from operations.review.markdown import LIMIT, code, markdown
from operations.review.record import record
from operations.review.report import Review
from tests.operations.review.planned import allow, changed, policy, resource, review
from tests.operations.review.resources import FUNCTION

LOG_GROUP = {"name": "g", "retention_in_days": 30}
READ, WRITE = allow("s3:GetObject", "a"), allow("s3:PutObject", "a")


def many(count: int) -> Review:
    return review(
        *(
            changed(
                "aws_lambda_function", {**FUNCTION, "function_name": f"f{n}"}, memory_size=1000 + n
            )
            | {"address": f"aws_lambda_function.f{n}"}
            for n in range(count)
        ),
        changed("aws_cloudwatch_log_group", LOG_GROUP, retention_in_days=7),
    )


def test_markdown_is_cut_at_a_line_below_the_limit_of_a_comment() -> None:
    """R-F7: dangers first; it says that it is cut and where all of it is."""
    made = many(1500)

    text = markdown(made)

    assert len(text) <= LIMIT
    assert len(text) > LIMIT - 2000
    assert "retention_in_days: 30 → 7" in text
    assert "Cut here: about " in text
    assert "`build/review.json`" in text
    whole = markdown(made, 10**9).splitlines()
    kept = text.splitlines()[:-2]
    assert kept == whole[: len(kept)]
    assert len(json.loads(record(made))["changes"]) == 1501
    assert "Cut here" not in markdown(many(10))


@pytest.mark.parametrize("limit", range(500, 2600, 50))
def test_what_is_opened_is_closed_wherever_it_is_cut(limit: int) -> None:
    """R-F7: an open <details> would swallow the rest of the page."""
    made = review(
        resource("aws_iam_role_policy", None, {"role": "r", "policy": policy(READ, WRITE)}),
        changed("aws_cloudwatch_log_group", LOG_GROUP, retention_in_days=7),
        changed("aws_lambda_function", FUNCTION, source_code_hash="b", timeout=1),
    )

    text = markdown(made, limit)

    assert len(text) <= limit
    assert text.count("<details>") == text.count("</details>")
    assert text.count("```") % 2 == 0


@pytest.mark.parametrize("text", ["a", "a`b", "``", "`a", "a\nb", "<b>", "@team"])
def test_any_text_is_code(text: str) -> None:
    """R-F7: a value cannot end the code that it stands in."""
    made = code(text)
    fence = re.match("`+", made)

    assert fence is not None
    assert made.endswith(fence[0])
    assert fence[0] not in made[len(fence[0]) : -len(fence[0])]
    assert "\n" not in made


def test_names_in_markdown_are_no_markup() -> None:
    """R-F7: neither a mention nor HTML."""
    made = review(changed("aws_sqs_queue", {"name": "<i>@all*_", "x": 1}, x=2))

    assert "queue &lt;i>@&#8203;all\\*\\_" in markdown(made)
