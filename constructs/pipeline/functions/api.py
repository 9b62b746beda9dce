"""The function behind the REST API (rows B6, B7, C3, E5)."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from pipeline.functions.logging import logging_statement
from pipeline.functions.regional_function import RegionalFunctionProps
from pipeline.functions.secret import secret_statement
from pipeline.identity.policy import Statement
from pipeline.naming import LIVE, Names


def api_statements(names: Names, region: str, regions: Sequence[str]) -> list[Statement]:
    """Return what the API function of a region may do (row A11)."""
    bucket = names.bucket_arn("data-ingestion", region)
    records = names.table_arn("processed-data", region)
    return [
        logging_statement(names, "api", region),
        Statement(
            sid="StoreRequestsAndSignUploads",
            actions=["s3:PutObject"],
            # Clients upload with this role's rights, by URLs that it signs, and only there.
            resources=[f"{bucket}/requests/*", f"{bucket}/*api-uploads/*"],
        ),
        Statement(sid="AskWhetherTheBucketIsThere", actions=["s3:ListBucket"], resources=[bucket]),
        Statement(
            sid="ReadRecords",
            actions=["dynamodb:Query"],
            resources=[records, f"{records}/index/status-index"],
        ),
        Statement(
            sid="EnterRequests",
            actions=["dynamodb:Query", "dynamodb:UpdateItem"],
            resources=[names.table_arn("object-ledger", region)],
        ),
        Statement(
            sid="StartTheWorkflow",
            actions=["states:StartExecution"],
            # An alias is judged as its state machine ("Authorization for versions and aliases in
            # Step Functions workflows"). No condition on states:StateMachineQualifier: the role
            # also serves the version of the function before a release, which may name no alias.
            resources=[names.state_machine_arn(region)],
        ),
        Statement(
            sid="TellWhetherTheWorkflowIsThere",
            actions=["states:DescribeStateMachine"],
            resources=[names.state_machine_arn(region)],
        ),
        Statement(
            sid="AskWhetherAnExecutionRuns",
            actions=["states:DescribeExecution"],
            # Either region answers for the requests of both.
            resources=[_executions(names.state_machine_arn(each)) for each in regions],
        ),
        secret_statement(names, region),
        Statement(
            sid="TellTheDepthOfTheDeadLetters",
            actions=["sqs:GetQueueAttributes"],
            resources=[names.queue_arn("data-processing-dlq", region)],
        ),
    ]


def _executions(machine: str) -> str:
    return f"{machine.replace(':stateMachine:', ':execution:')}:*"


class ApiFunction(Construct):
    """The function; what calls it is built by `pipeline.api.regional_api`.

    Parameters
    ----------
    props
        As for every function.
    dead_letter_queue_url
        Whose depth is part of the region's health.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        props: RegionalFunctionProps,
        *,
        dead_letter_queue_url: str,
    ) -> None:
        super().__init__(scope, construct_id)
        environment, names, region = props.environment, props.names, props.region
        self.size = environment.functions.api
        is_primary = region == environment.regions.primary
        self.function = props.build(
            self,
            "api",
            description="Answers the requests of the REST API",
            handler="api.handler.handler",
            size=self.size,
            variables={
                "LEDGER_TABLE_NAME": names.table("object-ledger"),
                "INGESTION_BUCKET": names.bucket("data-ingestion", region),
                "STATE_MACHINE_ARN": names.state_machine_arn(region),
                "STATE_MACHINE_ALIAS": LIVE,
                "DEAD_LETTER_QUEUE_URL": dead_letter_queue_url,
                "SECRET_ID": names.secret(),
                "REGION_ROLE": "primary" if is_primary else "secondary",
                "STATUS_SHARDS": str(environment.data.status_shards),
                "API_MAXIMUM_BODY_BYTES": str(self.size.maximum_body_bytes),
                "API_IDEMPOTENCY_HOURS": str(environment.api.idempotency_hours),
                "API_CORS_ORIGINS": ",".join(environment.api.cors_origins),
            },
        )
