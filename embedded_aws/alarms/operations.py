"""CloudWatch's operations on alarms.

Stands in for
- `CloudWatchBackend.put_metric_alarm`: in moto an alarm begins as OK and an update forgets that;
- `delete_alarms`, `set_alarm_state` of the same, and `CloudWatchResponse.describe_alarms`;
- nothing: moto has no PutCompositeAlarm and no DescribeAlarmHistory.

Source: CloudWatch API reference.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.cloudwatch.exceptions import InvalidFormat, ResourceNotFound
from moto.cloudwatch.exceptions import ValidationError as CloudWatchValidationError
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from embedded_aws.alarms import history, rules, states
from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC, COMPOSITE = "MetricAlarm", "CompositeAlarm"
_STATE = (
    *("state_value", "state_reason", "state_reason_data", "state_updated_timestamp"),
    *("state_transitioned_timestamp", "actions_suppressed_by", "actions_suppressed_reason"),
    "evaluated_until",
)
_SUPPRESSOR = {
    "ActionsSuppressor": "actions_suppressor",
    "ActionsSuppressorWaitPeriod": "actions_suppressor_wait_period",
    "ActionsSuppressorExtensionPeriod": "actions_suppressor_extension_period",
}
_MOST = 100
_LONGEST = {True: 604_800, False: 86_400}
"""Seconds that all periods together may last: with periods of an hour and longer, or shorter."""


def _put_metric_alarm(
    original: Callable[..., Any], backend: CloudWatchBackend, *arguments: Any, **named: Any
) -> Any:
    with states.LOCK:
        before = backend.alarms.get(named["name"])
        if before is not None:
            named["tags"] = None  # "any tags you specify in this parameter are ignored"
        alarm = original(backend, *arguments, **named)
        alarm.actions_suppressor = None
        states.begin(alarm)
        if before is not None:
            for name in _STATE:
                setattr(alarm, name, getattr(before, name))
        verb = "updated" if before is not None else "created"
        history.add(
            alarm,
            "ConfigurationUpdate",
            f'Alarm "{alarm.name}" {verb}',
            {"type": "Update" if before is not None else "Create"},
        )
        return alarm


def _answer_put_metric_alarm(
    original: Callable[..., ActionResult], response: CloudWatchResponse
) -> ActionResult:
    asked = response._get_params()
    _check(asked)
    with states.LOCK:
        answer = original(response)
        alarm = response.cloudwatch_backend.alarms[asked["AlarmName"]]
        alarm.metric_data_queries = asked.get("Metrics") or []  # as they were stated
        return answer


def _check(asked: dict[str, Any]) -> None:
    metrics = asked.get("Metrics") or []
    if bool(metrics) == bool(asked.get("MetricName")):
        _refuse("Exactly one of MetricName and Metrics must be specified")
    if metrics:
        returned = [query for query in metrics if query.get("ReturnData") is not False]
        if len(returned) != 1 and not asked.get("ThresholdMetricId"):
            _refuse("Metrics list must contain exactly one metric matching the ReturnData filter")
        periods = {query["MetricStat"]["Period"] for query in metrics if query.get("MetricStat")}
        if len(periods) > 1:
            _refuse("Period must be the same for all metrics of the alarm")
        period = max((int(each) for each in periods), default=60)
    else:
        if bool(asked.get("Statistic")) == bool(asked.get("ExtendedStatistic")):
            _refuse("Exactly one of Statistic and ExtendedStatistic must be specified")
        if not asked.get("Period"):
            _refuse("Period must be specified")
        period = int(asked["Period"])
    number = int(asked["EvaluationPeriods"])
    if int(asked.get("DatapointsToAlarm") or 1) > number:
        _refuse("DatapointsToAlarm must not be greater than EvaluationPeriods")
    if period * number > _LONGEST[period >= 3600]:
        _refuse("Metrics cannot be checked across more than a day (EvaluationPeriods * Period)")


def _refuse(message: str) -> None:
    raise CloudWatchValidationError(message)


def _put_composite_alarm(response: CloudWatchResponse) -> ActionResult:
    asked, backend = response._get_params(), response.cloudwatch_backend
    try:
        rule = rules.parse(asked["AlarmRule"])
    except rules.RuleError as wrong:
        raise CloudWatchValidationError(f"Invalid AlarmRule: {wrong}") from wrong
    named = [
        *rule.children,
        *([asked["ActionsSuppressor"]] if asked.get("ActionsSuppressor") else []),
    ]
    with states.LOCK:
        absent = [each for each in named if states.find(response.region, each) is None]
        if absent:
            _refuse(
                f"Could not save the composite alarm as alarms [{', '.join(absent)}] in the alarm "
                "rule do not exist"
            )
        alarm = backend.put_metric_alarm(
            name=asked["AlarmName"],
            namespace=None,
            metric_name=None,
            comparison_operator=None,
            evaluation_periods=None,
            period=None,
            threshold=None,
            statistic=None,
            description=asked.get("AlarmDescription"),
            dimensions=[],
            alarm_actions=asked.get("AlarmActions") or [],
            ok_actions=asked.get("OKActions") or [],
            insufficient_data_actions=asked.get("InsufficientDataActions") or [],
            actions_enabled=asked.get("ActionsEnabled"),
            rule=asked["AlarmRule"],
            tags=asked.get("Tags"),
        )
        alarm.parsed_rule = rule
        for member, attribute in _SUPPRESSOR.items():
            setattr(alarm, attribute, asked.get(member))
        states.reconsider(alarm)
    return EmptyResult()


def _delete_alarms(
    original: Callable[..., None], backend: CloudWatchBackend, alarm_names: list[str]
) -> None:
    with states.LOCK:
        doomed = [backend.alarms[name] for name in alarm_names if name in backend.alarms]
        if sum(bool(alarm.rule) for alarm in doomed) > 1:
            _refuse("You can delete at most one composite alarm with one operation")
        needed = [
            alarm.name for alarm in doomed if any(p not in doomed for p in states.parents_of(alarm))
        ]
        if needed:
            them = "it" if len(needed) == 1 else "them"
            _refuse(
                f"Cannot delete {','.join(needed)} as there are composite alarm(s) depending on "
                f"{them}."
            )
        original(backend, alarm_names)
        for alarm in doomed:
            backend.tagger.delete_all_tags_for_resource(alarm.alarm_arn)
            history.add(
                alarm, "ConfigurationUpdate", f'Alarm "{alarm.name}" deleted', {"type": "Delete"}
            )


def _set_alarm_state(
    _original: Callable[..., None],
    backend: CloudWatchBackend,
    alarm_name: str,
    reason: str,
    reason_data: str | None,
    state_value: str,
) -> None:
    try:
        json.loads(reason_data or "{}")
    except ValueError as wrong:
        raise InvalidFormat("The StateReasonData is no JSON") from wrong
    alarm = backend.alarms.get(alarm_name)
    if alarm is None:
        raise ResourceNotFound(f"The alarm {alarm_name} does not exist")
    states.change(alarm, state_value, reason, reason_data or "")


def _describe_alarms(
    _original: Callable[..., ActionResult], response: CloudWatchResponse
) -> ActionResult:
    asked = response._get_params()
    kinds = asked.get("AlarmTypes") or [METRIC]
    found = sorted(response.cloudwatch_backend.alarms.values(), key=lambda alarm: alarm.name)
    parent, child = asked.get("ChildrenOfAlarmName"), asked.get("ParentsOfAlarmName")
    if parent or child:
        kinds = [METRIC, COMPOSITE]
        found = _relatives(response.region, parent, child)
    if asked.get("AlarmNames"):
        found = [alarm for alarm in found if alarm.name in asked["AlarmNames"]]
    if asked.get("AlarmNamePrefix"):
        found = [alarm for alarm in found if alarm.name.startswith(asked["AlarmNamePrefix"])]
    if asked.get("StateValue"):
        found = [alarm for alarm in found if alarm.state_value == asked["StateValue"]]
    if asked.get("ActionPrefix"):
        found = [
            alarm
            for alarm in found
            if any(arn.startswith(asked["ActionPrefix"]) for arn in alarm.alarm_actions or [])
        ]
    found = [alarm for alarm in found if _kind(alarm) in kinds]
    shown, token = _page(found, asked)
    return ActionResult(
        {
            "MetricAlarms": [alarm for alarm in shown if not alarm.rule],
            "CompositeAlarms": [alarm for alarm in shown if alarm.rule],
            **({"NextToken": token} if token else {}),
        }
    )


def _relatives(region: str, parent: str | None, child: str | None) -> list[Any]:
    alarm = states.find(region, str(parent or child))
    if alarm is None:
        raise ResourceNotFound(f"The alarm {parent or child} does not exist")
    if child:
        return states.parents_of(alarm)
    return states.children_of(alarm) if alarm.rule else []


def _kind(alarm: Any) -> str:
    return COMPOSITE if alarm.rule else METRIC


def _page(found: list[Any], asked: dict[str, Any]) -> tuple[list[Any], str]:
    """Return a page of a list with the token of the next one: the position where that begins."""
    try:
        begin = int(asked.get("NextToken") or 0)
    except ValueError as wrong:
        raise CloudWatchValidationError("NextToken is invalid") from wrong
    end = begin + int(asked.get("MaxRecords") or _MOST)
    return found[begin:end], str(end) if end < len(found) else ""


def _describe_alarm_history(response: CloudWatchResponse) -> ActionResult:
    asked = response._get_params()
    kinds = asked.get("AlarmTypes") or [METRIC]
    found = [
        item
        for item in history.of(response.region)
        if item["AlarmType"] in kinds
        and asked.get("AlarmName") in (None, item["AlarmName"])
        and asked.get("HistoryItemType") in (None, item["HistoryItemType"])
        and (not asked.get("StartDate") or item["Timestamp"] >= _aware(asked["StartDate"], item))
        and (not asked.get("EndDate") or item["Timestamp"] <= _aware(asked["EndDate"], item))
    ]
    if asked.get("ScanBy") != "TimestampAscending":
        found.reverse()
    shown, token = _page(found, asked)
    return ActionResult({"AlarmHistoryItems": shown, **({"NextToken": token} if token else {})})


def _aware(moment: Any, item: dict[str, Any]) -> Any:
    """Return a moment with a time zone; moto's have none and are UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=item["Timestamp"].tzinfo)


def install() -> None:
    """Handle alarms our way."""
    stand_in(CloudWatchBackend, "put_metric_alarm", _put_metric_alarm)
    stand_in(CloudWatchBackend, "delete_alarms", _delete_alarms)
    stand_in(CloudWatchBackend, "set_alarm_state", _set_alarm_state)
    stand_in(CloudWatchResponse, "put_metric_alarm", _answer_put_metric_alarm)
    stand_in(CloudWatchResponse, "describe_alarms", _describe_alarms)
    CloudWatchResponse.put_composite_alarm = _put_composite_alarm
    CloudWatchResponse.describe_alarm_history = _describe_alarm_history
