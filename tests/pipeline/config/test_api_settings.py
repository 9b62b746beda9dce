"""Settings of the API and of its users that are wrong, and what is said of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import Problem, load_environment
from tests.pipeline.config.conftest import MINIMAL

ZONE = 'hosted_zone_id = "Z0123456789"'


@pytest.mark.parametrize(
    ("rest", "key", "value", "allowed"),
    [
        ('[api]\nauthorization = "none"', "api.authorization", "none", "'iam' or 'cognito'"),
        ('[api]\nstage = "v1/dev"', "api.stage", "v1/dev", "lower-case letters"),
        ("[api]\nidempotency_hours = 0", "api.idempotency_hours", 0, "at least 1"),
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
        (
            '[api]\ndomain = "api.example.com"',
            "api.hosted_zone_id",
            None,
            "is needed, because api.domain is given",
        ),
        (
            '[api]\nhosted_zone_id = "Z0123456789"',
            "api.domain",
            None,
            "is needed, because api.hosted_zone_id is given",
        ),
        (f'[api]\ndomain = "Api.example.com"\n{ZONE}', "api.domain", None, "in lower case"),
        (f'[api]\ndomain = "example"\n{ZONE}', "api.domain", "example", "api.example.com"),
        (f'[api]\ndomain = "api.example.com."\n{ZONE}', "api.domain", None, "a domain name"),
        (f'[api]\ndomain = "{"a" * 61}.com"\n{ZONE}', "api.domain", None, "64"),
        (
            '[api]\ndomain = "api.example.com"\nhosted_zone_id = "/hostedzone/Z1"',
            "api.hosted_zone_id",
            "/hostedzone/Z1",
            "Z",
        ),
        (
            f'[api]\nenabled = false\ndomain = "api.example.com"\n{ZONE}',
            "api.domain",
            "api.example.com",
            "impossible with api.enabled = false",
        ),
        ("[api]\nsecondary_percent = 101", "api.secondary_percent", 101, "at most 100"),
        ("[api]\nhealth_check_seconds = 20", "api.health_check_seconds", 20, "10 or 30"),
    ],
)
def test_a_wrong_setting_is_told_with_what_is_allowed(
    problems: Callable[[str], tuple[Problem, ...]], rest: str, key: str, value: Any, allowed: str
) -> None:
    """R-C1, R-B7, R-B8, R-C6."""
    (problem,) = problems(MINIMAL + rest)

    assert problem.key == key
    assert value is None or problem.value == value
    assert allowed in problem.allowed


def test_tokens_need_no_users_where_there_is_no_api(folder: Path) -> None:
    """R-B8: the users stay while the API is off, and the other way round."""
    off = '[api]\nenabled = false\nauthorization = "cognito"\n[identity]\nenabled = false'
    (folder / "dev.toml").write_text(MINIMAL + off, "utf-8")

    assert not load_environment("dev", folder).identity.enabled
