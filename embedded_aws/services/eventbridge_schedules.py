"""Rules of EventBridge with a schedule: they fire when they are due, or when they are told to.

Stands in for nothing of moto, whose scheduled rules never fire, and for `EventsBackend.put_rule`,
which takes schedules that EventBridge refuses.

Source: EventBridge User Guide, "Creating a scheduled rule (legacy) in Amazon EventBridge". The
intervals are those of the wall clock, not compressed, and begin when the rule is made.
"""

from __future__ import annotations

import threading
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.events.exceptions import ValidationException
from moto.events.models import EventsBackend, Rule, events_backends

from embedded_aws.services.deliveries import deliver_later
from embedded_aws.services.eventbridge_targets import SERVICES, Delivery
from embedded_aws.services.schedule_expressions import Cron, InvalidScheduleError, Rate, parse
from embedded_aws.services.seams import stand_in
from embedded_aws.state import RUN, EmbeddedAwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOOK_SECONDS = 0.5


class DueRules:
    """Knows which rules are due at a moment.

    A rate is counted from the moment at which its rule was first seen enabled with it; a rule that
    was disabled, deleted or given another schedule meanwhile begins anew.
    """

    def __init__(self, now: float) -> None:
        self._due: dict[tuple[str, str], float] = {}
        self._minute = int(now) // 60

    def fire(self, now: float) -> None:
        """Fire what is due at a moment, seconds since the epoch, and was not yet fired."""
        minute, before = int(now) // 60, self._minute
        self._minute = minute
        due: dict[tuple[str, str], float] = {}
        for rule in _scheduled_rules():
            schedule = parse(rule.scheduled_expression)
            if isinstance(schedule, Cron):
                if minute > before and schedule.matches(datetime.fromtimestamp(minute * 60, UTC)):
                    fire(rule)
                continue
            key = (rule.arn, rule.scheduled_expression)
            due[key] = self._due.get(key, now + schedule.seconds)
            if due[key] <= now:
                due[key] = _next(schedule, due[key], now)
                fire(rule)
        self._due = due


class _Clock:
    """Looks again and again which rules are due."""

    def __init__(self) -> None:
        self._rules = DueRules(time.time())
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="schedules", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        while not self._stopped.wait(_LOOK_SECONDS):
            try:
                self._rules.fire(time.time())
            except Exception as error:  # noqa: BLE001 - one rule must not stop the clock
                if not RUN.closing.is_set():
                    RUN.error(f"schedules: {error!r}")


def _next(rate: Rate, due: float, now: float) -> float:
    """Return the next time behind now: what was missed is not made up for."""
    return due + ((now - due) // rate.seconds + 1) * rate.seconds


def _scheduled_rules() -> Iterator[Rule]:
    """Return the rules with a schedule that are not disabled, of the regions that are up."""
    for region, backend in list(events_backends[RUN.account].items()):
        if not RUN.is_down(region):
            for rule in list(backend.event_buses["default"].rules.values()):
                if rule.scheduled_expression and rule.state != "DISABLED":
                    yield rule


def fire(rule: Rule) -> None:
    """Send the event of a schedule to the targets of its rule."""
    event: dict[str, Any] = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": RUN.account,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": rule.region_name,
        "resources": [rule.arn],
        "detail": {},
    }
    for target in list(rule.targets):
        if target["Arn"].split(":")[2] in SERVICES:
            deliver_later(Delivery(rule, target, event))
        else:
            RUN.notice(f"{rule.arn}: a schedule does not reach {target['Arn']} here")


def fire_now(region: str, name: str) -> int:
    """Fire a rule of a region's default bus at once, whatever its schedule says.

    Returns
    -------
    int
        The number of its targets.

    Raises
    ------
    EmbeddedAwsError
        The region is down, or it has no such rule that is enabled and has a schedule.
    """
    if RUN.is_down(region):
        raise EmbeddedAwsError(f"schedule: region {region} is down")
    enabled = {rule.name: rule for rule in _scheduled_rules() if rule.region_name == region}
    if name not in enabled:
        known = ", ".join(sorted(enabled)) or "none"
        raise EmbeddedAwsError(
            f"schedule: rule = {name!r} is no enabled rule of {region} with a schedule; there are:"
            f" {known}"
        )
    fire(enabled[name])
    return len(enabled[name].targets)


def _put_rule(original: Callable[..., Rule], *arguments: Any, **named: Any) -> Rule:
    expression = named.get("scheduled_expression")
    if expression:
        try:
            parse(expression)
        except InvalidScheduleError as wrong:
            message = "Parameter ScheduleExpression is not valid."
            raise ValidationException(message) from wrong
    return original(*arguments, **named)


_clock: _Clock | None = None


def install() -> None:
    """Let the clock run."""
    global _clock  # noqa: PLW0603 - one per run
    stand_in(EventsBackend, "put_rule", _put_rule)
    if _clock is None:
        _clock = _Clock()


def close() -> None:
    """Stop the clock."""
    global _clock  # noqa: PLW0603 - one per run
    if _clock is not None:
        _clock.stop()
        _clock = None
