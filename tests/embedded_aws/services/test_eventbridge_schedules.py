"""Scheduled rules of EventBridge fire at their times, and when the admin API says so."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.services import eventbridge_schedules
from embedded_aws.services.eventbridge_schedules import DueRules
from embedded_aws.services.schedule_expressions import Cron, InvalidScheduleError, Rate, parse
from tests.embedded_aws.server.test_admin import admin
from tests.embedded_aws.services.eventually import eventually
from tests.embedded_aws.services.test_eventbridge_rules import EAST, Queue


@pytest.fixture
def events(aws: Any) -> Any:
    return aws.client("events", EAST)


def scheduled(aws: Any, events: Any, name: str, expression: str) -> Queue:
    arn = events.put_rule(Name=name, ScheduleExpression=expression)["RuleArn"]
    queue = Queue(aws, name).allow(arn)
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": queue.arn}])
    return queue


def arrived(aws: Any, queue: Queue) -> list[dict[str, Any]]:
    """Everything that has arrived, once no delivery is under way."""
    assert eventually(lambda: "deliveries" not in aws.state.pending())
    found = []
    while messages := queue.messages():
        found += [json.loads(message["Body"]) for message in messages]
    return found


def test_a_rate_fires_after_each_interval(aws: Any, events: Any, name: str) -> None:
    """R-A16: the first time one interval after the rule is there; what was missed comes once."""
    queue = scheduled(aws, events, name, "rate(5 minutes)")
    begin = time.time()
    rules = DueRules(begin)

    counts = []
    for seconds in (0, 299, 300, 301, 600, 1900, 2099, 2100):
        rules.fire(begin + seconds)
        counts.append(len(arrived(aws, queue)))

    assert counts == [0, 0, 1, 0, 1, 1, 0, 1]


def test_the_clock_of_the_embedded_aws_fires_by_itself(
    aws: Any, events: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-A16: nobody asks; the minute has passed for the clock alone."""
    queue = scheduled(aws, events, name, "rate(1 minute)")
    clock = {"ahead": 0.0, "looks": 0.0}

    def now() -> float:
        clock["looks"] += 1
        return time.time() + clock["ahead"]

    monkeypatch.setattr(eventbridge_schedules, "time", SimpleNamespace(time=now))
    assert eventually(lambda: clock["looks"] >= 2)
    assert arrived(aws, queue) == []
    clock["ahead"] = 61.0

    assert eventually(queue.messages)


def test_the_event_is_a_scheduled_event_of_its_rule(aws: Any, events: Any, name: str) -> None:
    queue = scheduled(aws, events, name, "rate(1 minute)")
    rules = DueRules(time.time())
    rules.fire(time.time())
    rules.fire(time.time() + 60)

    (event,) = arrived(aws, queue)
    assert event["source"] == "aws.events"
    assert event["detail-type"] == "Scheduled Event"
    assert event["resources"] == [f"arn:aws:events:{EAST}:123456789012:rule/{name}"]
    assert event["detail"] == {}


def test_a_disabled_rule_waits_a_whole_interval_once_it_is_enabled(
    aws: Any, events: Any, name: str
) -> None:
    queue = scheduled(aws, events, name, "rate(5 minutes)")
    begin = time.time()
    rules = DueRules(begin)
    rules.fire(begin)
    events.disable_rule(Name=name)
    rules.fire(begin + 400)
    events.enable_rule(Name=name)
    rules.fire(begin + 500)
    assert arrived(aws, queue) == []
    rules.fire(begin + 800)
    assert len(arrived(aws, queue)) == 1


def test_a_region_that_is_down_fires_nothing(
    aws: Any, events: Any, name: str, region_down: Any
) -> None:
    """R-A10."""
    queue = scheduled(aws, events, name, "rate(1 minute)")
    rules = DueRules(time.time())
    rules.fire(time.time())
    region_down(EAST)
    rules.fire(time.time() + 60)
    aws.state.regions_down.clear()
    assert arrived(aws, queue) == []


def test_cron_fires_once_in_each_minute_that_it_names(aws: Any, events: Any, name: str) -> None:
    queue = scheduled(aws, events, name, "cron(0/15 8 ? * MON-FRI *)")
    friday = datetime(2026, 11, 20, 7, 59, 50, tzinfo=UTC).timestamp()
    rules = DueRules(friday)

    counts = []
    for seconds in (0, 10, 11, 70, 15 * 60 + 10, 75 * 60, 3 * 86_400 + 10):
        rules.fire(friday + seconds)
        counts.append(len(arrived(aws, queue)))

    assert counts == [0, 1, 0, 0, 1, 0, 1]


def days(expression: str) -> list[int]:
    """The days of November 2026, which begins on a Sunday, at 08:00."""
    cron = parse(expression)
    assert isinstance(cron, Cron)
    moments = [datetime(2026, 11, day, 8, 0, tzinfo=UTC) for day in range(1, 31)]
    return [moment.day for moment in moments if cron.matches(moment)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 8 1,15-17 * ? *)", [1, 15, 16, 17]),
        ("cron(0 8 L * ? *)", [30]),
        ("cron(0 8 15W * ? *)", [16]),  # the 15th is a Sunday
        ("cron(0 8 28W * ? *)", [27]),  # a Saturday
        ("cron(0 8 1W * ? *)", [2]),  # a Sunday; never in another month
        ("cron(0 8 ? 11 2#3 *)", [16]),
        ("cron(0 8 ? NOV FRI,SUN 2026-2027)", [1, 6, 8, 13, 15, 20, 22, 27, 29]),
        ("cron(0 8 ? * 6L *)", [27]),
        ("cron(0 8 ? * L *)", [7, 14, 21, 28]),
        ("cron(0 8 2/10 * ? *)", [2, 12, 22]),
        ("cron(0 9 * * ? *)", []),
        ("cron(0 8 * 12 ? *)", []),
        ("cron(0 8 * * ? 2027)", []),
    ],
)
def test_cron_knows_the_wildcards_of_eventbridge(expression: str, expected: list[int]) -> None:
    """EventBridge User Guide, "Cron expressions reference"."""
    assert days(expression) == expected


def test_a_rate_is_a_number_of_minutes_hours_or_days() -> None:
    assert parse("rate(1 minute)") == Rate(60)
    assert parse("rate(12 hours)") == Rate(12 * 3600)
    assert parse("rate(7 days)") == Rate(7 * 86_400)


WRONG = [
    "rate(1 minutes)",
    "rate(5 minute)",
    "rate(0 minutes)",
    "rate(5 seconds)",
    "cron(0 8 * * * *)",
    "cron(0 8 ? * ? *)",
    "cron(60 8 * * ? *)",
    "cron(0 8 32 * ? *)",
    "cron(0 8 * * ?)",
    "cron(0 8 ? * FOO *)",
    "cron(0/0 8 * * ? *)",
]


@pytest.mark.parametrize("expression", WRONG)
def test_a_schedule_that_eventbridge_refuses_is_refused(
    events: Any, name: str, expression: str
) -> None:
    with pytest.raises(InvalidScheduleError):
        parse(expression)
    with pytest.raises(ClientError, match="Parameter ScheduleExpression is not valid"):
        events.put_rule(Name=name, ScheduleExpression=expression)


def test_the_admin_api_fires_a_rule_now(aws: Any, events: Any, name: str) -> None:
    queue = scheduled(aws, events, name, "rate(7 days)")

    assert admin(aws, "POST", "schedule", {"rule": name, "region": EAST}) == (200, {"targets": 1})

    assert len(arrived(aws, queue)) == 1


def test_the_admin_api_says_why_a_rule_cannot_fire(
    aws: Any, events: Any, name: str, region_down: Any
) -> None:
    scheduled(aws, events, name, "rate(7 days)")

    def refusal(**body: Any) -> str:
        status, answer = admin(aws, "POST", "schedule", body)
        assert status == 400
        return str(answer["error"])

    assert name in refusal(rule="another", region=EAST)
    assert "no enabled rule of nowhere-1" in refusal(rule=name, region="nowhere-1")
    assert "give" in refusal(rule=name)
    assert "allowed: rule, region" in refusal(rule=name, region=EAST, when=1)
    events.disable_rule(Name=name)
    assert "no enabled rule" in refusal(rule=name, region=EAST)
    region_down(EAST)
    assert "is down" in refusal(rule=name, region=EAST)
