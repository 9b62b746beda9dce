"""Routes that would be removed or shut: what starts, triggers, delivers, answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from operations.review.changes import Change
from operations.review.dangers.event_patterns import matches_all_of
from operations.review.dangers.model import Danger, Landscape, danger
from operations.review.values import UNKNOWN, at, leaves, parsed, text

# What does not happen any more without it.
_ROUTES = {
    "aws_cloudwatch_event_rule": "its events start nothing any more",
    "aws_cloudwatch_event_target": "the rule's events do not arrive there any more",
    "aws_s3_bucket_notification": "new objects are not announced any more",
    "aws_lambda_event_source_mapping": "the function is not given its events any more",
    "aws_lambda_function_event_invoke_config": "failed events do not go where they went",
    "aws_lambda_function": "what it does is not done any more",
    "aws_lambda_alias": "whoever calls the function by it gets an error",
    "aws_sfn_alias": "requests start nothing any more",
    "aws_lambda_permission": "who was allowed to start the function is refused",
    "aws_lambda_function_url": "its URL does not answer any more",
    "aws_sqs_queue_redrive_policy": "messages that fail again and again block the queue",
    "aws_sns_topic_subscription": "the subscriber hears nothing any more",
    "aws_scheduler_schedule": "it is not started any more",
    "aws_pipes_pipe": "its events do not arrive any more",
    "aws_cloudwatch_log_subscription_filter": "the logs do not arrive there any more",
    "aws_route53_record": "the name is not found any more",
    "aws_api_gateway_rest_api": "its URL does not answer any more",
    "aws_api_gateway_resource": "the path does not answer any more",
    "aws_api_gateway_method": "the method does not answer any more",
    "aws_api_gateway_integration": "the method does not answer any more",
    "aws_api_gateway_stage": "the stage does not answer any more",
    "aws_api_gateway_domain_name": "the name does not answer any more",
    "aws_api_gateway_base_path_mapping": "the path does not answer any more",
    "aws_apigatewayv2_api": "its URL does not answer any more",
    "aws_apigatewayv2_route": "the path does not answer any more",
    "aws_apigatewayv2_stage": "the stage does not answer any more",
    "aws_vpc_endpoint": "what went through it does not arrive any more",
    "aws_kms_alias": "whoever uses the key by it gets an error",
}
# Replaced, they are away for a while, or are somewhere else afterwards.
_NOT_REPLACED = (
    *("aws_cloudwatch_event_rule", "aws_api_gateway_rest_api", "aws_apigatewayv2_api"),
    *("aws_lambda_event_source_mapping", "aws_lambda_function_url", "aws_route53_record"),
    *("aws_lambda_function", "aws_s3_bucket_notification", "aws_scheduler_schedule"),
)
_SWITCHES = {"enabled", "eventbridge", "is_enabled", "stream_enabled"}
# Where a route begins or ends; another value means that what went there does not any more.
_ENDS = {
    "aws_cloudwatch_event_target": ("arn", "dead_letter_config"),
    "aws_lambda_event_source_mapping": ("event_source_arn", "function_name", "destination_config"),
    "aws_lambda_function_event_invoke_config": ("destination_config",),
    "aws_sns_topic_subscription": ("endpoint",),
    "aws_route53_record": ("records", "alias"),
    "aws_api_gateway_integration": ("uri",),
    "aws_apigatewayv2_integration": ("integration_uri",),
    "aws_scheduler_schedule": ("target",),
    "aws_lambda_function": ("dead_letter_config",),
    "aws_sqs_queue_redrive_policy": ("redrive_policy",),
}
_NOTIFIED = ("lambda_function", "queue", "topic")
_STREAMED = ("aws_dynamodb_table",)


def find(change: Change, landscape: Landscape) -> Iterator[Danger]:
    """Yield the routes that the change removes, shuts or narrows."""
    why = _ROUTES.get(change.kind)
    gone = ["route", change.before.get("arn") or change.before.get("id")]
    if why and change.action == "delete" and not landscape.goes_with_its_owner(change):
        yield danger("route", change, "would be removed", why, gone)
    if why and change.action == "replace" and change.gap and change.kind in _NOT_REPLACED:
        forced = [
            [".".join(path), text(at(change.before, *path)), text(at(change.after, *path))]
            for path in change.forced_by
        ]
        causes = "; ".join(f"{path}: {old} → {new}" for path, old, new in forced)
        what = f"would be removed and made anew ({causes or change.reason})"
        yield danger("route", change, what, f"meanwhile {why}", [*gone, forced])
    if change.action == "update":
        yield from _narrowed(change)


def _narrowed(change: Change) -> Iterator[Danger]:
    for path, before, after in leaves(change.before, change.after):
        worse = _worse(change, path, before, after)
        if worse:
            place = ".".join(path)
            what = f"{place}: {text(before)} → {text(after)}"
            yield danger("route", change, what, worse, [place, text(before), text(after)])
    if change.kind == "aws_s3_bucket_notification":
        yield from _notifications(change)
    if change.kind == "aws_lambda_event_source_mapping":
        yield from _filters(change)
    if change.kind == "aws_dynamodb_table":
        yield from _indexes(change)


def _worse(change: Change, path: tuple[str, ...], before: Any, after: Any) -> str:
    if after is UNKNOWN and not change.sets(*path):
        return ""  # one of AWS's own values
    return (
        _shut(change, path, before, after)
        or _filtered(path, before, after)
        or _end_text(change, path, before, after)
    )


def _shut(change: Change, path: tuple[str, ...], before: Any, after: Any) -> str:
    """Say what ends when a switch is turned off, or a schedule or all concurrency is removed."""
    name, is_route = path[-1], change.kind in _ROUTES
    why = _ROUTES.get(change.kind, "its stream would end, and what follows from it")
    if (is_route or change.kind in _STREAMED) and path == (name,) and name in _SWITCHES:
        return why if before is True else ""
    if is_route and name == "state" and change.sets(name):
        return why if before == "ENABLED" else ""
    if name == "schedule_expression":
        return "it is not started at its times any more" if before and not after else ""
    if name == "reserved_concurrent_executions":
        return "the function is never started any more" if after == 0 else ""
    return ""


def _filtered(path: tuple[str, ...], before: Any, after: Any) -> str:
    """Say what is left out by a pattern that matched it before."""
    if path[-1] == "event_pattern" and before:
        if after is UNKNOWN:
            return "which events it will match cannot be told before the apply"
        if not matches_all_of(parsed(after), parsed(before)):
            return "events that it matched are not matched any more"
    return ""


def _end_text(change: Change, path: tuple[str, ...], before: Any, after: Any) -> str:
    """Say that a route leads, or fails, to somewhere else."""
    if before is None or path[0] not in _ENDS.get(change.kind, ()):
        return ""
    if path[0] == "redrive_policy":
        target = (parsed(each) or {} for each in (before, after))
        old, new = (each.get("deadLetterTargetArn") for each in target)
        return "" if old == new else "messages that fail do not go where they went"
    if isinstance(before, list) and isinstance(after, list) and set(before) <= set(after):
        return ""
    if after is UNKNOWN:
        return "where it will lead cannot be told before the apply"
    return "what went there does not any more"


def _filters(change: Change) -> Iterator[Danger]:
    """Yield a filter that may leave events out; each of several lets its own events in."""
    old, new = (_patterns(each.get("filter_criteria")) for each in (change.before, change.after))
    if new and not (old and set(old) <= set(new)):
        what = f"filter_criteria: {text(old or None)} → {text(new)}"
        why = "events that the function was given may be left out"
        yield danger("route", change, what, why, [old, new])


def _patterns(criteria: Any) -> list[str]:
    if criteria is UNKNOWN:
        return [text(UNKNOWN)]
    filters = at(criteria or [], "filter")
    return sorted(text(at(each, "pattern")) for each in filters or ())


def _notifications(change: Change) -> Iterator[Danger]:
    for kind in _NOTIFIED:
        old, new = (each.get(kind) or [] for each in (change.before, change.after))
        if new is UNKNOWN:
            continue
        for entry in old:
            if not any(_announces_all_of(each, entry, kind) for each in new):
                where = f"{entry.get('filter_prefix') or ''}*{entry.get('filter_suffix') or ''}"
                target = text(entry.get(f"{kind}_arn"))
                what = f"objects {where} would not be announced to {target}"
                why = "new objects are not announced any more"
                yield danger("route", change, what, why, [kind, entry])


def _announces_all_of(wide: Mapping[str, Any], narrow: Mapping[str, Any], kind: str) -> bool:
    def part(entry: Mapping[str, Any], name: str) -> str:
        return entry.get(name) or ""

    return (
        wide.get(f"{kind}_arn") == narrow.get(f"{kind}_arn")
        and {*(narrow.get("events") or ())} <= {*(wide.get("events") or ())}
        and part(narrow, "filter_prefix").startswith(part(wide, "filter_prefix"))
        and part(narrow, "filter_suffix").endswith(part(wide, "filter_suffix"))
    )


def _indexes(change: Change) -> Iterator[Danger]:
    before, after = (
        each.get("global_secondary_index") or [] for each in (change.before, change.after)
    )
    if after is UNKNOWN:
        return
    for index in before:
        same = [each for each in after if each.get("name") == index.get("name")]
        keys = ("hash_key", "range_key", "projection_type")
        if not same or any(same[0].get(key) != index.get(key) for key in keys):
            what = f"its index {index.get('name')} would be removed or made anew"
            why = "queries by it get an error until it is built"
            yield danger("route", change, what, why, ["index", index, same])
