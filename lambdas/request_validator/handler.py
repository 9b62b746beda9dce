"""ValidateInput, the first step of the workflow: whether the records of a request are valid.

Used permissions, and nothing else (of the region whose function it is):

==================================================  ===========================================
action                                              resource
==================================================  ===========================================
s3:GetObjectVersion                                 ingestion bucket, requests/*
s3:ListBucket                                       ingestion bucket (makes a missing version a
                                                    404; without it S3 says 403)
dynamodb:UpdateItem                                 <LEDGER_TABLE_NAME>
logs:CreateLogStream, PutLogEvents                  the function's log group, :*
==================================================  ===========================================

With the customer key on table or bucket: kms:Decrypt and kms:GenerateDataKey on it, through the
service.
"""

import os
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from request_validator.settings import Settings
from request_validator.validating import Finding, validate
from shared import cold_start
from shared.aws_clients import ITEMS, OBJECTS, create_client
from shared.aws_object_source import ObjectSource
from shared.datasets import datasets
from shared.request_ledger import RequestLedger
from shared.requests import VALIDATING, Request
from shared.step_input import step_input
from shared.timestamps import utc_text

settings = Settings.read(os.environ)
logger = Logger(service=settings.service, level=settings.log_level)
source = ObjectSource(create_client("s3", region=settings.region, patience=OBJECTS))
ledger = RequestLedger(
    create_client("dynamodb", region=settings.region, patience=ITEMS),
    settings.ledger_table_name,
    settings.region,
)
datasets()  # read at cold start, where a missing file shows at once
cold_start.ready()


@logger.inject_lambda_context
def handler(event: Any, _context: Any) -> dict[str, Any]:
    """Validate the records of a request, and write nothing but its status."""
    step = step_input(event)
    request = step.request
    now = utc_text(datetime.now(UTC))
    ledger.advance(request, VALIDATING, execution_arn=step.execution_arn, at=now)
    finding = validate(source, request)
    _report(request, finding)
    return finding.result()


def _report(request: Request, finding: Finding) -> None:
    level = logger.info if finding.is_valid else logger.warning
    level(
        "request validated",
        request_id=request.id,
        dataset=request.dataset,
        object=request.object_id,
        valid=finding.is_valid,
        read=finding.read,
        invalid=finding.invalid,
        reason=finding.reason,
    )
    metrics = EphemeralMetrics(namespace=settings.metrics_namespace, service=settings.service)
    metrics.add_dimension(name="dataset", value=request.dataset)
    name = "RequestsValid" if finding.is_valid else "RequestsInvalid"
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)
    metrics.flush_metrics()
