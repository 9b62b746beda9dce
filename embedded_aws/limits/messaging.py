"""Limits of EventBridge and Step Functions that neither their models nor moto hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.events.models import events_backends

from embedded_aws.state import RUN

from .limit import limit, refuse

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

PATTERN = 4096  # characters
TARGETS = 5
ENTRIES = 1_048_576  # bytes
STATE_INPUT = 262_144  # bytes of UTF-8
EVENTS = "eventbridge/latest/userguide/eb-quota.html"
STATES = "step-functions/latest/dg/service-quotas.html"


@limit("events", "PutRule", source=EVENTS)
def event_pattern(call: ApiCall) -> None:
    """Refuse an event pattern over 4,096 characters."""
    pattern = call.parameters.get("EventPattern") or ""
    if len(pattern) > PATTERN:
        message = "1 validation error detected: Value at 'eventPattern' failed to satisfy "
        rule = f"constraint: Member must have length less than or equal to {PATTERN}"
        refuse("ValidationException", message + rule)


@limit("events", "PutEvents", source="eventbridge/latest/userguide/eb-putevents.html")
def event_size(call: ApiCall) -> None:
    """Refuse entries that together are over 1 MiB (AWS's size since January 2026)."""
    size = 0
    for entry in call.parameters.get("Entries") or []:
        texts = [entry.get(member) for member in ("Source", "DetailType", "Detail")]
        texts += entry.get("Resources") or []
        size += sum(len(str(text).encode()) for text in texts if text)
        size += 14 if entry.get("Time") else 0
    if size > ENTRIES:
        message = f"Total size of the entries in the request is over the limit: {ENTRIES}"
        refuse("ValidationException", message)


@limit("events", "PutTargets", source=EVENTS)
def targets(call: ApiCall) -> None:
    """Refuse the sixth target of a rule."""
    body = call.parameters
    bus_name = str(body.get("EventBusName") or "default").rpartition("/")[2]
    bus = events_backends[RUN.account][call.region].event_buses.get(bus_name)
    rule = bus.rules.get(body.get("Rule")) if bus is not None else None
    held = {target["Id"] for target in rule.targets} if rule is not None else set()
    if len(held | {target.get("Id") for target in body.get("Targets") or []}) > TARGETS:
        message = "The requested resource exceeds the maximum number allowed."
        refuse("LimitExceededException", message)


@limit("stepfunctions", "StartExecution", "StartSyncExecution", "SendTaskSuccess", source=STATES)
def state_input(call: ApiCall) -> None:
    """Refuse a state's input or output over 256 KiB."""
    member = "output" if call.operation == "SendTaskSuccess" else "input"
    size = len(str(call.parameters.get(member) or "").encode())
    if size > STATE_INPUT:
        message = f"1 validation error detected: Value at '{member}' failed to satisfy constraint: "
        rule = f"Member must have length less than or equal to {STATE_INPUT}"
        refuse("ValidationException", message + rule)
