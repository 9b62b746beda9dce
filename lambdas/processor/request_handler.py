"""ProcessData, the second step of the workflow: the records of a request become items.

The same code as for a file works on the object of the request: claim, rank, quarantine, accounts,
continuations. Only who asks is another one, who has to be told how it ended: what is under way, or
waits for a dependency, is a result that says so, and the state machine asks again after a while.

Used permissions, and nothing else (of the region whose function it is):

==================================================  ===========================================
action                                              resource
==================================================  ===========================================
s3:GetObjectVersion                                 ingestion bucket, requests/*
s3:ListBucket                                       ingestion bucket (makes a missing version a
                                                    404; without it S3 says 403)
s3:ListBucket                                       quarantine bucket (makes forgotten keys a 404)
s3:PutObject, s3:AbortMultipartUpload               <QUARANTINE_BUCKET>/quarantine/*
s3:PutObject, s3:AbortMultipartUpload,              <QUARANTINE_BUCKET>/checkpoints/* (the keys that
s3:GetObject                                        a long object has had so far)
dynamodb:BatchWriteItem                             <TABLE_NAME>
dynamodb:UpdateItem, Query                          <LEDGER_TABLE_NAME>
dynamodb:PutItem                                    <INVOCATION_LOG_TABLE_NAME>
sqs:SendMessage                                     work queue (what is left of a long object)
logs:CreateLogStream, PutLogEvents                  the function's log group, :*
==================================================  ===========================================

With the customer key on tables, queue or buckets: kms:Decrypt and kms:GenerateDataKey on it,
through the service.
"""

import os
from typing import Any

from aws_lambda_powertools import Logger

from processor.connections import DEPENDENCIES, connect_places
from processor.processing import ObjectProcessor
from processor.reporting import Reporting
from processor.requests import RequestProcessor
from processor.settings import Settings
from shared import cold_start
from shared.aws_clients import ITEMS, create_client
from shared.circuit_breaker import Circuits
from shared.datasets import datasets
from shared.request_ledger import RequestLedger
from shared.step_input import step_input

settings = Settings.read(os.environ)
logger = Logger(
    service=settings.service, level=settings.log_level, environment=settings.environment
)
reporting = Reporting(logger, settings.metrics_namespace, settings.service)
circuits = Circuits(DEPENDENCIES, reporting.circuit_changed)
places = connect_places(settings, circuits)
ledger = RequestLedger(
    create_client("dynamodb", region=settings.region, patience=ITEMS),
    settings.ledger_table_name,
    settings.region,
)
requests = RequestProcessor(ObjectProcessor(places), ledger, circuits, reporting)
datasets()  # read at cold start, where a missing file shows at once
cold_start.ready()


@logger.inject_lambda_context
def handler(event: Any, context: Any) -> dict[str, Any]:
    """Process the object of a request; return its accounts, or that it is not done yet."""
    return requests.process(step_input(event), context)
