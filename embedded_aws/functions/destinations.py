"""Where Lambda sends records of invocations: queues, topics, functions, buckets, event buses.

Everything is sent with the permissions of the function's role, as on AWS.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import datetime
import json
import uuid
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from embedded_aws import credentials
from embedded_aws.functions import measures
from embedded_aws.state import RUN


def timestamp() -> str:
    """Return now as Lambda writes it into its records."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def deliver(function: Any, arn: str, body: str, *, key_prefix: str, detail_type: str = "") -> bool:
    """Send a record to a destination; False (and an entry in the report) when that failed.

    Parameters
    ----------
    function
        moto's `LambdaFunction`; its role sends.
    arn
        ARN of a queue, topic, function, bucket or event bus.
    body
        The record, a JSON document.
    key_prefix
        Prefix of the object's key when the destination is a bucket.
    detail_type
        Detail type when the destination is an event bus.
    """
    try:
        _send(function, arn, body, key_prefix, detail_type)
    except (ClientError, BotoCoreError) as error:
        RUN.notice(f"{function.function_name}: a record for {arn} is lost: {error}")
        measures.count(function, "", "DestinationDeliveryFailures")
        return False
    return True


def dead_letter(function: Any, arn: str, event: str, request_id: str, error: str) -> bool:
    """Send an event itself to the dead-letter queue or topic of a function.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": error[:1024] or "Unknown"},
    }
    service, region = arn.split(":")[2:4]
    client = credentials.client(service, region, function.role, function.function_name)
    try:
        if service == "sqs":
            client.send_message(
                QueueUrl=queue_url(arn), MessageBody=event, MessageAttributes=attributes
            )
        else:
            client.publish(TopicArn=arn, Message=event, MessageAttributes=attributes)
    except (ClientError, BotoCoreError) as failure:
        RUN.notice(f"{function.function_name}: an event for {arn} is lost: {failure}")
        measures.count(function, "", "DeadLetterErrors")
        return False
    return True


def queue_url(arn: str) -> str:
    """Return the URL of a queue of the embedded AWS."""
    _, _, _, _, account, name = arn.split(":", 5)
    return f"{RUN.endpoint}/{account}/{name}"


def _send(function: Any, arn: str, body: str, key_prefix: str, detail_type: str) -> None:
    service, region = arn.split(":")[2:4]
    client = credentials.client(
        service, region or function.region, function.role, function.function_name
    )
    if service == "sqs":
        client.send_message(QueueUrl=queue_url(arn), MessageBody=body)
    elif service == "sns":
        client.publish(TopicArn=arn, Message=body)
    elif service == "lambda":
        client.invoke(FunctionName=arn, InvocationType="Event", Payload=body.encode())
    elif service == "s3":
        now = datetime.datetime.now(datetime.UTC)
        key = f"{key_prefix}/{now:%Y/%m/%d}/{now:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
        client.put_object(Bucket=arn.split(":::", 1)[1], Key=key, Body=body.encode())
    elif service == "events":
        entry = {
            "Source": "lambda",
            "DetailType": detail_type,
            "Detail": json.dumps(json.loads(body)),
            "EventBusName": arn,
            "Resources": [function.function_arn, arn],
        }
        client.put_events(Entries=[entry])
    else:
        RUN.error(f"{function.function_name}: {arn} is no destination that is supported here")
