"""The processor: reads an object, stores its records, quarantines what is wrong (rows A4, D1)."""

from __future__ import annotations

from dataclasses import dataclass

from cdktf_cdktf_provider_aws.lambda_event_source_mapping import (
    LambdaEventSourceMapping,
    LambdaEventSourceMappingScalingConfig,
)
from cdktf_cdktf_provider_aws.lambda_function_event_invoke_config import (
    LambdaFunctionEventInvokeConfig,
    LambdaFunctionEventInvokeConfigDestinationConfig,
    LambdaFunctionEventInvokeConfigDestinationConfigOnFailure,
)
from cdktf_cdktf_provider_aws.lambda_function_recursion_config import LambdaFunctionRecursionConfig
from constructs import Construct

from pipeline.functions.logging import logging_statement
from pipeline.functions.regional_function import RegionalFunctionProps
from pipeline.identity.policy import Statement
from pipeline.messaging.work_queue import WorkQueue
from pipeline.naming import Names

# One object per invocation: a long one takes all of its time, and the parts of a large one, which
# are announced together, would be processed one after the other.
_BATCH_SIZE = 1
_ASYNC_EVENT_SECONDS = 6 * 3600  # the longest that Lambda keeps an asynchronous event
_ASYNC_RETRIES = 2


def processor_statements(names: Names, region: str) -> list[Statement]:
    """Return what the processor of a region may do, and nothing that it does not do (row A11)."""
    return [
        logging_statement(names, "data-processor", region),
        Statement(
            sid="ReadTheObjectVersionOfTheEvent",
            actions=["s3:GetObject", "s3:GetObjectVersion"],
            resources=[f"{names.bucket_arn('data-ingestion', region)}/*"],
        ),
        *processing_statements(names, region),
        Statement(
            sid="ReceiveWork",
            actions=[
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
                "sqs:SendMessage",  # what is left of a long object, parts of a large one
            ],
            resources=[names.queue_arn("data-processing", region)],
        ),
        Statement(
            sid="BuryWhatNobodyCanRead",
            actions=["sqs:SendMessage"],
            resources=[names.queue_arn("data-processing-dlq", region)],
        ),
    ]


def processing_statements(names: Names, region: str) -> list[Statement]:
    """Return what whoever processes an object may do, wherever the object was announced."""
    tables = [names.table_arn("processed-data", region), names.table_arn("object-ledger", region)]
    return [
        Statement(
            sid="TellAMissingObjectFromAForbiddenOne",
            actions=["s3:ListBucket"],
            # No condition on s3:prefix: what is asked for is an object, and names no prefix.
            resources=[
                names.bucket_arn("data-ingestion", region),
                names.bucket_arn("data-quarantine", region),
            ],
        ),
        Statement(
            sid="StoreRecords",
            actions=["dynamodb:BatchWriteItem"],
            resources=tables[:1],
        ),
        Statement(
            sid="ClaimAndCloseObjects",
            actions=["dynamodb:Query", "dynamodb:UpdateItem"],
            resources=tables[1:],
        ),
        Statement(
            sid="LogInvocations",
            actions=["dynamodb:PutItem"],
            resources=[names.table_arn("invocation-log", region)],
        ),
        Statement(
            sid="QuarantineRecords",
            actions=["s3:AbortMultipartUpload", "s3:PutObject"],
            resources=[f"{names.bucket_arn('data-quarantine', region)}/quarantine/*"],
        ),
        Statement(
            sid="KeepTheKeysOfLongObjects",
            actions=["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
            resources=[f"{names.bucket_arn('data-quarantine', region)}/checkpoints/*"],
        ),
    ]


@dataclass(frozen=True)
class ProcessorProps(RegionalFunctionProps):
    """What the processor needs of its stack.

    Parameters
    ----------
    queue
        The queue that it works off; the others as for every function.
    """

    queue: WorkQueue


class Processor(Construct):
    """The processor function, fed by the work queue."""

    def __init__(self, scope: Construct, construct_id: str, props: ProcessorProps) -> None:
        super().__init__(scope, construct_id)
        settings = props.environment.functions.processor
        self.function = props.build(
            self,
            "data-processor",
            description="Validates, transforms and stores the records of ingested objects",
            handler="processor.handler.handler",
            size=settings,
            variables=processing_variables(props),
        )
        # A long object goes on as a message of the function to its own queue; Lambda would stop
        # that loop after 16 rounds (Lambda, "Using Lambda recursive loop detection").
        LambdaFunctionRecursionConfig(
            self,
            "recursion",
            function_name=self.function.name,
            recursive_loop="Allow",
            depends_on=[self.function.resource],
        )
        LambdaEventSourceMapping(
            self,
            "work",
            event_source_arn=props.queue.arn,
            function_name=self.function.live_arn,
            batch_size=_BATCH_SIZE,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=LambdaEventSourceMappingScalingConfig(
                maximum_concurrency=settings.maximum_concurrency
            ),
        )
        if props.environment.data.trigger == "s3":
            self._keep_failed_events(props.queue)

    def _keep_failed_events(self, queue: WorkQueue) -> None:
        failure = LambdaFunctionEventInvokeConfigDestinationConfigOnFailure(
            destination=queue.dead_letter_arn
        )
        LambdaFunctionEventInvokeConfig(
            self,
            "asynchronous-events",
            function_name=self.function.alias.function_name,
            qualifier=self.function.alias.name,
            maximum_event_age_in_seconds=_ASYNC_EVENT_SECONDS,
            maximum_retry_attempts=_ASYNC_RETRIES,
            destination_config=LambdaFunctionEventInvokeConfigDestinationConfig(on_failure=failure),
        )


def processing_variables(props: ProcessorProps) -> dict[str, str]:
    """Return the environment variables of whoever processes objects."""
    environment, names = props.environment, props.names
    return {
        "ENVIRONMENT": environment.environment,
        "LEDGER_TABLE_NAME": names.table("object-ledger"),
        "INVOCATION_LOG_TABLE_NAME": names.table("invocation-log"),
        "INVOCATION_LOG_TTL_DAYS": str(environment.data.invocation_log_days),
        "QUARANTINE_BUCKET": names.bucket("data-quarantine", props.region),
        "QUEUE_URL": props.queue.url,
        "DEAD_LETTER_QUEUE_URL": props.queue.dead_letter_url,
        "STATUS_SHARDS": str(environment.data.status_shards),
        "WRITE_CONCURRENCY": str(environment.functions.processor.write_concurrency),
        "SPLIT_MB": str(environment.functions.processor.split_mb),
        "MAXIMUM_HOPS": str(environment.functions.processor.maximum_hops),
        **props.replicated_from,
    }
