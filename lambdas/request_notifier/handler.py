"""SendNotification, the last step of the workflow: subscribers are told that a request is done.

A standard topic does not tell repeated messages apart, and a FIFO topic reaches neither e-mail nor
HTTP. So the message's id is kept with the request: a step that is repeated sends nothing more. Only
a function that dies between the two calls makes a message come twice, with the same ``id``.

Used permissions, and nothing else (of the region whose function it is):

==================================================  ===========================================
action                                              resource
==================================================  ===========================================
sns:Publish                                         <TOPIC_ARN>
dynamodb:Query, UpdateItem                          <LEDGER_TABLE_NAME>
logs:CreateLogStream, PutLogEvents                  the function's log group, :*
==================================================  ===========================================

With the customer key on table and topic: kms:Decrypt and kms:GenerateDataKey on it, through the
service.
"""

import os
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from request_notifier.notification import Notification, notification_of
from request_notifier.settings import Settings
from shared import cold_start
from shared.aws_clients import ITEMS, create_client
from shared.request_ledger import RequestLedger
from shared.step_input import StepInput, step_input
from shared.timestamps import utc_text

settings = Settings.read(os.environ)
logger = Logger(service=settings.service, level=settings.log_level)
sns = create_client("sns", region=settings.region, patience=ITEMS)
ledger = RequestLedger(
    create_client("dynamodb", region=settings.region, patience=ITEMS),
    settings.ledger_table_name,
    settings.region,
)
cold_start.ready()


@logger.inject_lambda_context
def handler(event: Any, _context: Any) -> dict[str, Any]:
    """Publish the notification that a request asks for, once."""
    step = step_input(event)
    notification = notification_of(step)
    if notification is None:
        return {"sent": False, "messageId": None}
    earlier = _sent_before(step)
    message_id = earlier or _publish(step, notification)
    _report(notification, message_id, repeated=bool(earlier))
    return {"sent": True, "messageId": message_id}


def _sent_before(step: StepInput) -> str:
    states = ledger.read(step.request.id)
    return next((one.notification_id for one in states if one.region == settings.region), "")


def _publish(step: StepInput, notification: Notification) -> str:
    answer = sns.publish(
        TopicArn=settings.topic_arn,
        Message=notification.body,
        MessageAttributes=notification.attributes,
    )
    message_id: str = answer["MessageId"]
    ledger.notified(step.request, message_id, at=utc_text(datetime.now(UTC)))
    return message_id


def _report(notification: Notification, message_id: str, *, repeated: bool) -> None:
    logger.info(
        "request notified",
        request_id=notification.id,
        dataset=notification.dataset,
        type=notification.type,
        message_id=message_id,
        repeated=repeated,
    )
    metrics = EphemeralMetrics(namespace=settings.metrics_namespace, service=settings.service)
    metrics.add_dimension(name="dataset", value=notification.dataset)
    metrics.add_metric(name="RequestsNotified", unit=MetricUnit.Count, value=int(not repeated))
    metrics.flush_metrics()
