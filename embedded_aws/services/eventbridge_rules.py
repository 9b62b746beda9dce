"""Rules of EventBridge: which of them an event meets.

Stands in for
- `Rule.send_to_targets`: moto sends to disabled rules and to rules with a schedule, which have no
  pattern, and delivers inside the request of the sender;
- `EventsHandler.test_event_pattern`, which answers nothing.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.events.models import EventPattern, Rule, events_backends
from moto.events.responses import EventsHandler

from embedded_aws import faults
from embedded_aws.services.deliveries import deliver_later
from embedded_aws.services.eventbridge_targets import SERVICES, Delivery
from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable


def publish(account: str, region: str, event: dict[str, Any]) -> None:
    """Put an event of an AWS service on the default bus of its region."""
    for rule in list(events_backends[account][region].event_buses["default"].rules.values()):
        rule.send_to_targets(event)


def _send_to_targets(
    original: Callable[..., None],
    rule: Rule,
    original_event: dict[str, Any],
    transform_input: bool = True,
) -> None:
    pattern = rule.event_pattern
    if rule.state == "DISABLED" or not pattern.get_pattern():
        return
    event = _as_sent(original_event)
    if not pattern.matches_event(event):
        return
    others = []
    for target in list(rule.targets):
        if target["Arn"].split(":")[2] in SERVICES:
            region = target["Arn"].split(":")[3]
            for after in faults.deliveries("events", target["Arn"], region):
                deliver_later(Delivery(rule, target, event), after)
        else:
            others.append(target)
    if others:
        original(_only(rule, others), original_event, transform_input)


def _only(rule: Rule, targets: list[dict[str, Any]]) -> Rule:
    copy = object.__new__(Rule)
    vars(copy).update(vars(rule), targets=targets)
    return copy


def _as_sent(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event as targets see it: an id of its own and the time as text."""
    sent = {name: value for name, value in event.items() if name != "ingestion-time"}
    sent["id"] = event.get("id") or str(uuid.uuid4())
    moment = event.get("time")
    if isinstance(moment, int | float):
        sent["time"] = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return sent


def _test_event_pattern(
    _original: Callable[..., Any], handler: EventsHandler
) -> tuple[str, dict[str, Any]]:
    pattern = EventPattern.load(handler._get_param("EventPattern"))
    try:
        event = json.loads(handler._get_param("Event"))
    except ValueError as wrong:
        raise JsonRESTError("ValidationException", "Parameter Event is not valid JSON") from wrong
    return json.dumps({"Result": pattern.matches_event(event)}), handler.response_headers


def install() -> None:
    """Let rules send our way."""
    stand_in(Rule, "send_to_targets", _send_to_targets)
    stand_in(EventsHandler, "test_event_pattern", _test_event_pattern)
