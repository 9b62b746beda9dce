"""Settings of the API and of its users that are wrong, and what is said of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import Problem, load_environment
from tests.pipeline.config.conftest import MINIMAL


@pytest.mark.parametrize(
    ("rest", "key", "value", "allowed"),
    [
        ('[api]\nauthorization = "none"', "api.authorization", "none", "'iam' or 'cognito'"),
        ('[api]\nstage = "v1/dev"', "api.stage", "v1/dev", "lower-case letters"),
        ("[api]\nmonthly_quota = -1", "api.monthly_quota", -1, "at least 0"),
        ('[api]\nallowed_cidrs = ["10.0.0.0/33"]', "api.allowed_cidrs.0", None, "203.0.113.0/24"),
        ('[api]\nallowed_cidrs = ["10.0.0.1/8"]', "api.allowed_cidrs.0", None, "host bits set"),
        (
            '[api]\nallowed_cidrs = "10.0.0.0/8"',
            "api.allowed_cidrs",
            "10.0.0.0/8",
            "must be a list",
        ),
        ('[api]\ncors_origins = ["site.example"]', "api.cors_origins.0", None, "an origin such as"),
        ('[api]\ncors_origins = ["https://a.example/x"]', "api.cors_origins.0", None, "a path"),
        ('[api]\ncors_origins = ["https://a\'.example"]', "api.cors_origins.0", None, "an origin"),
        ('[api]\ncors_origins = ["*", "https://a.example"]', "api.cors_origins", None, "* alone"),
        ('[identity]\nmfa = "on"', "identity.mfa", "on", "'OFF', 'OPTIONAL' or 'ON'"),
        (
            "[identity]\npassword_minimum_length = 7",
            "identity.password_minimum_length",
            7,
            "at least 8",
        ),
        (
            '[api]\nauthorization = "cognito"\n[identity]\nenabled = false',
            "api.authorization",
            "cognito",
            "impossible with identity.enabled = false",
        ),
    ],
)
def test_a_wrong_setting_is_told_with_what_is_allowed(
    problems: Callable[[str], tuple[Problem, ...]], rest: str, key: str, value: Any, allowed: str
) -> None:
    """R-C1, R-B7, R-B8."""
    (problem,) = problems(MINIMAL + rest)

    assert problem.key == key
    assert value is None or problem.value == value
    assert allowed in problem.allowed


def test_tokens_need_no_users_where_there_is_no_api(folder: Path) -> None:
    """R-B8: the users stay while the API is off, and the other way round."""
    off = '[api]\nenabled = false\nauthorization = "cognito"\n[identity]\nenabled = false'
    (folder / "dev.toml").write_text(MINIMAL + off, "utf-8")

    assert not load_environment("dev", folder).identity.enabled
