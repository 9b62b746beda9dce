"""The function behind the REST API of a region.

Used permissions, and nothing else (of the region whose function it is):

==================================================  ===========================================
action                                              resource
==================================================  ===========================================
s3:PutObject                                        <INGESTION_BUCKET>/requests/*
s3:PutObject                                        <INGESTION_BUCKET>/*api-uploads/* (by clients,
                                                    with URLs that this function signs)
s3:ListBucket                                       <INGESTION_BUCKET> (whether it is there)
dynamodb:Query                                      <TABLE_NAME> and its index
dynamodb:Query, UpdateItem                          <LEDGER_TABLE_NAME>
states:StartExecution                               <STATE_MACHINE_ARN> (an alias is judged as it)
states:DescribeStateMachine                         <STATE_MACHINE_ARN>
states:DescribeExecution                            its executions, and those of its namesake in
                                                    the other region
secretsmanager:GetSecretValue                       <SECRET_ID>
sqs:GetQueueAttributes                              dead-letter queue
logs:CreateLogStream, PutLogEvents                  the function's log group, :*
==================================================  ===========================================

With the customer key on tables, queue or secret: kms:Decrypt and kms:GenerateDataKey on it, through
the service.
"""

import os
from typing import Any

from aws_lambda_powertools import Logger

from api.application import Application
from api.connections import DEPENDENCIES, connect
from api.reporting import Reporting
from api.settings import Settings
from shared import cold_start
from shared.circuit_breaker import Circuits

settings = Settings.read(os.environ)
logger = Logger(service=settings.service, level=settings.log_level)
reporting = Reporting(logger, settings.metrics_namespace, settings.service)
circuits = Circuits(DEPENDENCIES, reporting.circuit_changed)
application = Application(connect(settings, circuits), settings.cors_origins, reporting)
cold_start.ready()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer a request of API Gateway."""
    logger.set_correlation_id((event.get("requestContext") or {}).get("requestId"))
    return application.answer(event, context.get_remaining_time_in_millis() / 1000)
