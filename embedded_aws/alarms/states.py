"""How an alarm comes into another state, and what follows from that.

Source: CloudWatch User Guide, "Using Amazon CloudWatch alarms" and "Create a composite alarm".
"""

from __future__ import annotations

import copy
import json
import threading
from typing import TYPE_CHECKING, Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.utils import utcnow

from embedded_aws.alarms import actions, history, rules
from embedded_aws.alarms.messages import Change, iso
from embedded_aws.alarms.verdict import ALARM, INSUFFICIENT_DATA, OK
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from embedded_aws.alarms.messages import State

LOCK = threading.RLock()
"""Held while alarms are changed or change their state."""

CREATED = "Unchecked: Initial alarm creation"


def begin(alarm: Any) -> None:
    """Give a new alarm its first state."""
    alarm.state_value = INSUFFICIENT_DATA
    alarm.state_reason = CREATED
    alarm.state_reason_data = ""
    alarm.state_transitioned_timestamp = alarm.state_updated_timestamp
    alarm.evaluated_until = 0.0
    alarm.actions_suppressed_by = None
    alarm.actions_suppressed_reason = None


def _told(alarm: Any) -> State:
    state = {
        "value": alarm.state_value,
        "reason": alarm.state_reason,
        "timestamp": iso(alarm.state_updated_timestamp),
    }
    if alarm.state_reason_data:
        state["reasonData"] = alarm.state_reason_data
    if alarm.actions_suppressed_by:
        state["actionsSuppressedBy"] = alarm.actions_suppressed_by
        state["actionsSuppressedReason"] = alarm.actions_suppressed_reason
    return state


def change(alarm: Any, value: str, reason: str, data: str) -> None:
    """Bring an alarm into a state, if that is another one; actions and parents follow.

    Parameters
    ----------
    alarm
        moto's `Alarm`.
    value
        `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    reason, data
        Why, for people and as JSON for programs.
    """
    with LOCK:
        if alarm.state_value == value:
            return
        before = _told(alarm)
        now = utcnow()
        alarm.state_value, alarm.state_reason, alarm.state_reason_data = value, reason, data
        alarm.state_updated_timestamp = alarm.state_transitioned_timestamp = now
        suppressed = _suppress(alarm)
        after = _told(alarm)
        # A copy: the configuration that is told is that of the moment of the change.
        changed = Change(copy.copy(alarm), before, after)
        history.add(
            alarm,
            "StateUpdate",
            f"Alarm updated from {before['value']} to {value}",
            {"oldState": _in_history(before), "newState": _in_history(after)},
        )
        actions.announce(changed)
        if alarm.actions_enabled and not suppressed:
            actions.perform(changed)
        _tell_parents(alarm)


def _in_history(state: State) -> dict[str, Any]:
    found: dict[str, Any] = {"stateValue": state["value"], "stateReason": state["reason"]}
    if state.get("reasonData"):
        try:
            found["stateReasonData"] = json.loads(state["reasonData"])
        except ValueError:
            found["stateReasonData"] = state["reasonData"]
    return found


def _suppress(alarm: Any) -> bool:
    """Say whether another alarm suppresses the actions of this one, and note it there."""
    suppressor = find(alarm.region_name, alarm.actions_suppressor or "")
    suppressed = suppressor is not None and suppressor.state_value == ALARM
    alarm.actions_suppressed_by = "Alarm" if suppressed else None
    alarm.actions_suppressed_reason = "Actions suppressed by Alarm" if suppressed else None
    return suppressed


def find(region: str, name: str) -> Any | None:
    """Return the alarm with a name or ARN."""
    alarms = cloudwatch_backends[RUN.account][region].alarms
    return alarms.get(name.split(":alarm:", 1)[1] if name.startswith("arn:") else name)


def parents_of(alarm: Any) -> list[Any]:
    """Return the composite alarms that look at an alarm."""
    names = {alarm.name, alarm.alarm_arn}
    alarms = cloudwatch_backends[RUN.account][alarm.region_name].alarms.values()
    return [each for each in list(alarms) if each.rule and names & set(each.parsed_rule.children)]


def _tell_parents(alarm: Any) -> None:
    for parent in parents_of(alarm):
        reconsider(parent, alarm)


_under_way: list[str] = []


def reconsider(alarm: Any, child: Any | None = None) -> None:
    """Bring a composite alarm into the state that its rule gives.

    Parameters
    ----------
    alarm
        The composite alarm.
    child
        The alarm that changed; None when the composite alarm itself was put.
    """
    with LOCK:
        if alarm.alarm_arn in _under_way:  # a circle: CloudWatch stops there, too
            return
        rule: rules.Rule = alarm.parsed_rule

        def state_of(name: str) -> str:
            found = find(alarm.region_name, name)
            return found.state_value if found is not None else INSUFFICIENT_DATA

        value = ALARM if rule.holds(state_of) else OK
        listed = [child] if child is not None else children_of(alarm)
        data = json.dumps({"triggeringAlarms": [_triggering(each) for each in listed]})
        if child is None:
            verb = "created" if alarm.state_reason == CREATED else "updated"
            reason = f"{alarm.alarm_arn} was {verb} and its alarm rule evaluates to {value}"
        else:
            moment = child.state_updated_timestamp.strftime("%A %d %B, %Y %H:%M:%S UTC")
            reason = f"{child.alarm_arn} transitioned to {child.state_value} at {moment}"
        _under_way.append(alarm.alarm_arn)
        try:
            change(alarm, value, reason, data)
        finally:
            _under_way.remove(alarm.alarm_arn)


def children_of(alarm: Any) -> list[Any]:
    """Return the alarms that a composite alarm looks at."""
    found = (find(alarm.region_name, name) for name in alarm.parsed_rule.children)
    return [each for each in found if each is not None]


def _triggering(alarm: Any) -> dict[str, Any]:
    state = {"value": alarm.state_value, "timestamp": iso(alarm.state_updated_timestamp)}
    return {"arn": alarm.alarm_arn, "state": state}
