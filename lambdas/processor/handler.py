"""The processor: announced object versions in; items, quarantine and accounts out.

Used permissions, and nothing else (of the region whose function it is):

==================================================  ===========================================
action                                              resource
==================================================  ===========================================
s3:GetObjectVersion                                 ingestion bucket /*
s3:GetObject                                        ingestion bucket /* (events without version)
s3:ListBucket                                       ingestion bucket (makes a missing object a
                                                    404; without it S3 says 403)
s3:ListBucket                                       quarantine bucket (makes forgotten keys a 404)
s3:PutObject, s3:AbortMultipartUpload               <QUARANTINE_BUCKET>/quarantine/*
s3:PutObject, s3:AbortMultipartUpload,              <QUARANTINE_BUCKET>/checkpoints/* (the keys that
s3:GetObject                                        a long object has had so far)
dynamodb:BatchWriteItem                             <TABLE_NAME>
dynamodb:UpdateItem, Query                          <LEDGER_TABLE_NAME>
dynamodb:PutItem                                    <INVOCATION_LOG_TABLE_NAME>
sqs:ChangeMessageVisibility                         work queue
sqs:SendMessage                                     work queue (what is left of a long object, parts
                                                    of a large one, notifications that failed)
sqs:DeleteMessage                                   work queue (done before something is begun that
                                                    may kill the function; the mapping otherwise)
sqs:ReceiveMessage, GetQueueAttributes              work queue (by the event source mapping)
sqs:SendMessage                                     dead-letter queue (what nobody can read; by
                                                    Lambda: events whose function died)
logs:CreateLogStream, PutLogEvents                  the function's log group, :*
==================================================  ===========================================

With the customer key on tables, queue or buckets: kms:Decrypt and kms:GenerateDataKey on it,
through the service.
"""

import os
from typing import Any

from aws_lambda_powertools import Logger

from processor.connections import DEPENDENCIES, connect_places, connect_queues
from processor.deliveries import Deliveries
from processor.processing import ObjectProcessor
from processor.reporting import Reporting
from processor.settings import Settings
from shared import cold_start
from shared.circuit_breaker import Circuits
from shared.datasets import datasets

settings = Settings.read(os.environ)
logger = Logger(
    service=settings.service, level=settings.log_level, environment=settings.environment
)
reporting = Reporting(logger, settings.metrics_namespace, settings.service)
circuits = Circuits(DEPENDENCIES, reporting.circuit_changed)
queue, dead_letters = connect_queues(settings, circuits)
places = connect_places(settings, circuits, queue)
deliveries = Deliveries(ObjectProcessor(places), queue, dead_letters, circuits, reporting)
datasets()  # read at cold start, where a missing file shows at once
cold_start.ready()


@logger.inject_lambda_context
def handler(event: Any, context: Any) -> dict[str, Any]:
    """Process the objects that an event announces; failures go back the way they came."""
    return deliveries.receive(event, context)
