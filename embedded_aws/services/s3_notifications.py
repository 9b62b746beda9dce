"""Notifications of a bucket: checked when they are configured, delivered in the background.

Stands in for
- `S3Backend.put_bucket_notification_configuration`: moto checks neither that filters do not
  overlap nor that S3 may reach the destination;
- `moto.s3.notifications.send_test_event` and the functions that `send_event` calls: delivery
  inside the request of the writer, whatever the policy of the destination says;
- `S3Response.get_bucket_notification`, which loses the EventBridge configuration.
"""

from __future__ import annotations

import json
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

import moto.s3.notifications
from moto.core.responses import ActionResult
from moto.s3.exceptions import InvalidArgumentError
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from embedded_aws import faults, functions
from embedded_aws.services import eventbridge_rules, service_principals
from embedded_aws.services.deliveries import deliver_later
from embedded_aws.services.seams import stand_in
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from embedded_aws.services.s3_events import ObjectEvent

PRINCIPAL = "s3.amazonaws.com"
RETRY = 1.0
_TARGETS = {"TopicConfiguration": "Topic", "QueueConfiguration": "Queue"} | {
    "CloudFunctionConfiguration": "CloudFunction"
}


def announce(event: ObjectEvent, bucket: Any) -> None:
    """Send what the bucket's configuration asks for, later."""
    configuration = bucket.notification_configuration
    if configuration is None:
        return
    name = f"s3:{event.name}"
    for notification in (
        *configuration.cloud_function,
        *configuration.queue,
        *configuration.topic,
    ):
        if notification.matches(name, event.key):
            body = json.dumps(event.notification(notification.id))
            delivery = partial(_deliver, notification.arn, event.bucket_arn, body)
            for after in faults.deliveries("s3", notification.arn, event.region):
                deliver_later(delivery, after)
    if configuration.event_bridge is not None:
        eventbridge_rules.publish(event.account, event.region, event.event())


def _deliver(target_arn: str, bucket_arn: str, body: str) -> float | None:
    service, region = target_arn.split(":")[2:4]
    if RUN.is_down(region):
        return RETRY
    if not service_principals.exists(target_arn):
        RUN.notice(f"a notification of {bucket_arn} is lost: {target_arn} does not exist")
        return None
    allowed = service_principals.may_send(PRINCIPAL, target_arn, bucket_arn)
    service_principals.report(PRINCIPAL, target_arn, allowed=allowed)
    if allowed:
        _send(service, region, target_arn, body)
    return None


def _send(service: str, region: str, target_arn: str, body: str) -> None:
    account, name = target_arn.split(":", 5)[4:]
    if service == "lambda":
        functions.invoke_asynchronously(target_arn, body)
    elif service == "sqs":
        sqs_backends[account][region].send_message(queue_name=name, message_body=body)
    else:
        sns_backends[account][region].publish(
            message=body, arn=target_arn, subject="Amazon S3 Notification"
        )


def _put_configuration(
    original: Callable[..., None],
    backend: S3Backend,
    bucket_name: str,
    notification_config: dict[str, Any],
) -> None:
    bucket = backend.get_bucket(bucket_name)
    entries = list(_entries(notification_config or {}))
    for one, other in combinations(entries, 2):
        if _overlap(one, other):
            raise InvalidArgumentError(
                "Configurations overlap. Configurations on the same bucket cannot share a common "
                "event type, unless their prefixes or their suffixes do not overlap.",
                "Event",
                one["Event"][0],
            )
    for entry in entries:
        reachable = service_principals.may_send(PRINCIPAL, entry["Arn"], bucket.arn)
        in_region = entry["Arn"].split(":")[3] == bucket.region_name
        if in_region and not reachable:
            raise InvalidArgumentError(
                "Unable to validate the following destination configurations",
                entry["Arn"],
                "Not authorized to invoke the destination, or it does not exist",
            )
    original(backend, bucket_name, notification_config)


def _entries(configuration: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for kind, field in _TARGETS.items():
        for entry in configuration.get(kind) or []:
            yield {**entry, "Arn": entry[field]}


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    events = any(
        _covers(left, right) or _covers(right, left)
        for left in one["Event"]
        for right in other["Event"]
    )
    (prefix, suffix), (other_prefix, other_suffix) = _filter(one), _filter(other)
    prefixes = prefix.startswith(other_prefix) or other_prefix.startswith(prefix)
    suffixes = suffix.endswith(other_suffix) or other_suffix.endswith(suffix)
    return events and prefixes and suffixes


def _covers(event: str, other: str) -> bool:
    return event == other or (event.endswith(":*") and other.startswith(event[:-1]))


def _filter(entry: dict[str, Any]) -> tuple[str, str]:
    rules = ((entry.get("Filter") or {}).get("S3Key") or {}).get("FilterRule") or []
    values = {rule["Name"].lower(): rule.get("Value") or "" for rule in rules}
    return values.get("prefix", ""), values.get("suffix", "")


def _send_test_event(_original: Callable[..., None], account_id: str, bucket: Any) -> None:
    del account_id
    body = json.dumps(moto.s3.notifications._get_test_event(bucket.name))
    configuration = bucket.notification_configuration
    for notification in (*configuration.queue, *configuration.topic):
        deliver_later(partial(_deliver, notification.arn, bucket.arn, body))


def _get_configuration(_original: Callable[..., Any], response: S3Response) -> Any:
    configuration = response.backend.get_bucket_notification_configuration(response.bucket_name)
    result: dict[str, Any] = {}
    if configuration is not None:
        for name, arn, notifications in (
            ("TopicConfigurations", "TopicArn", configuration.topic),
            ("QueueConfigurations", "QueueArn", configuration.queue),
            (
                "LambdaFunctionConfigurations",
                "LambdaFunctionArn",
                configuration.cloud_function,
            ),
        ):
            if notifications:
                result[name] = [_configuration_of(held, arn) for held in notifications]
        if configuration.event_bridge is not None:
            result["EventBridgeConfiguration"] = {}
    response.data["Action"] = "GetBucketNotificationConfiguration"
    return response.serialized(ActionResult(result))


def _configuration_of(notification: Any, arn: str) -> dict[str, Any]:
    described = {"Id": notification.id, arn: notification.arn, "Events": notification.events}
    if notification.filters:
        rules = [
            {"Name": rule["Name"].capitalize(), "Value": rule.get("Value") or ""}
            for rule in notification.filters["S3Key"]["FilterRule"]
        ]
        described["Filter"] = {"Key": {"FilterRules": rules}}
    return described


def install() -> None:
    """Let buckets notify as on AWS."""
    stand_in(S3Backend, "put_bucket_notification_configuration", _put_configuration)
    stand_in(moto.s3.notifications, "send_test_event", _send_test_event)
    stand_in(S3Response, "get_bucket_notification", _get_configuration)
