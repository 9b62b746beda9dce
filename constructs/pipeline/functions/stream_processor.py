"""The stream processor: what follows from each change of the table (rows A7, A9)."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.data_aws_dynamodb_table import DataAwsDynamodbTable
from cdktf_cdktf_provider_aws.lambda_event_source_mapping import (
    LambdaEventSourceMapping,
    LambdaEventSourceMappingDestinationConfig,
    LambdaEventSourceMappingDestinationConfigOnFailure,
)
from constructs import Construct

from pipeline.functions.logging import logging_statement
from pipeline.functions.regional_function import RegionalFunctionProps
from pipeline.identity.policy import Statement
from pipeline.naming import Names

_BATCH_SIZE = 500
_BATCHING_SECONDS = 1
# A stream keeps its records for 24 hours. Lambda gives up an hour earlier, so that it can still
# read what it then puts into the bucket.
_RECORD_SECONDS = 24 * 3600 - 3600
_FAILED_PREFIX = "aws/lambda"  # Lambda names its failed batches so: "Capturing records ... S3"


def stream_processor_statements(names: Names, region: str) -> list[Statement]:
    """Return what the stream processor of a region may do (row A11)."""
    bucket = names.bucket_arn("audit-trail", region)
    return [
        logging_statement(names, "stream-processor", region),
        Statement(
            sid="ReadTheStream",
            actions=[
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
            ],
            resources=[names.stream_arn_pattern("processed-data", region)],
        ),
        Statement(sid="ListStreams", actions=["dynamodb:ListStreams"], resources=["*"]),
        Statement(
            sid="WriteTheTrail",
            actions=["s3:GetObject", "s3:PutObject"],
            resources=[f"{bucket}/audit/{names.table('processed-data')}/*"],
        ),
        Statement(
            sid="PutHigherRanksBack",
            actions=["dynamodb:PutItem"],
            resources=[names.table_arn("processed-data", region)],
        ),
        Statement(
            sid="KeepFailedBatches",
            actions=["s3:PutObject"],
            resources=[f"{bucket}/{_FAILED_PREFIX}/*"],
        ),
        Statement(sid="FindTheTrail", actions=["s3:ListBucket"], resources=[bucket]),
    ]


class StreamProcessor(Construct):
    """The function, fed by the stream of its own region's replica of the table."""

    def __init__(self, scope: Construct, construct_id: str, props: RegionalFunctionProps) -> None:
        super().__init__(scope, construct_id)
        names = props.names
        self.function = props.build(
            self,
            "stream-processor",
            description="Follows the processed data: audit trail, and the winner of conflicts",
            handler="stream_processor.handler.handler",
            size=props.environment.functions.stream,
            variables={"AUDIT_BUCKET": names.bucket("audit-trail", props.region)},
        )
        # The stream's ARN ends in a time stamp, so it is looked up, in this region.
        table = DataAwsDynamodbTable(self, "table", name=names.table("processed-data"))
        LambdaEventSourceMapping(
            self,
            "changes",
            event_source_arn=table.stream_arn,
            function_name=self.function.live_arn,
            starting_position="TRIM_HORIZON",
            batch_size=_BATCH_SIZE,
            maximum_batching_window_in_seconds=_BATCHING_SECONDS,
            maximum_record_age_in_seconds=_RECORD_SECONDS,
            maximum_retry_attempts=-1,
            bisect_batch_on_function_error=True,
            function_response_types=["ReportBatchItemFailures"],
            # A queue would get a pointer into the stream, which dies after 24 hours; a bucket
            # gets the records themselves.
            destination_config=LambdaEventSourceMappingDestinationConfig(
                on_failure=LambdaEventSourceMappingDestinationConfigOnFailure(
                    destination_arn=names.bucket_arn("audit-trail", props.region)
                )
            ),
        )
