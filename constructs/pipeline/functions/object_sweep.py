"""The sweep: announces object versions that no event announced (rows F3, A16)."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import CloudwatchEventTarget
from cdktf_cdktf_provider_aws.lambda_permission import LambdaPermission
from constructs import Construct

from pipeline.functions.logging import logging_statement
from pipeline.functions.regional_function import RegionalFunctionProps
from pipeline.identity.policy import Statement
from pipeline.naming import Names

_CURSOR_KEY = "_pipeline/sweep.json"
"""In the quarantine bucket, which is never copied: each region has a cursor of its own."""


def object_sweep_statements(names: Names, region: str) -> list[Statement]:
    """Return what the sweep of a region may do (row A11)."""
    cursors = names.bucket_arn("data-quarantine", region)
    return [
        logging_statement(names, "object-sweep", region),
        Statement(
            sid="ListObjectVersions",
            actions=["s3:ListBucketVersions"],
            resources=[names.bucket_arn("data-ingestion", region)],
        ),
        Statement(
            sid="AskTheLedger",
            actions=["dynamodb:BatchGetItem", "dynamodb:Query"],
            resources=[names.table_arn("object-ledger", region)],
        ),
        Statement(
            sid="AnnounceObjects",
            actions=["sqs:GetQueueAttributes", "sqs:SendMessage"],
            resources=[names.queue_arn("data-processing", region)],
        ),
        Statement(
            sid="KeepTheCursor",
            actions=["s3:GetObject", "s3:PutObject"],
            resources=[f"{cursors}/{_CURSOR_KEY}"],
        ),
        Statement(
            sid="TellAMissingCursorFromAForbiddenOne",
            actions=["s3:ListBucket"],
            resources=[cursors],
        ),
    ]


class ObjectSweep(Construct):
    """The sweep function, started by a schedule.

    Parameters
    ----------
    props
        As for every function.
    queue_url
        The work queue.
    """

    def __init__(
        self, scope: Construct, construct_id: str, props: RegionalFunctionProps, *, queue_url: str
    ) -> None:
        super().__init__(scope, construct_id)
        data, settings = props.environment.data, props.environment.functions.sweep
        names, region = props.names, props.region
        self.function = props.build(
            self,
            "object-sweep",
            description="Announces object versions without a finished ledger entry",
            handler="sweep.handler.handler",
            size=settings,
            variables={
                "INGESTION_BUCKET": names.bucket("data-ingestion", region),
                "LEDGER_TABLE_NAME": names.table("object-ledger"),
                "QUEUE_URL": queue_url,
                "CURSOR_BUCKET": names.bucket("data-quarantine", region),
                "CURSOR_KEY": _CURSOR_KEY,
                "GRACE_SECONDS": str(60 * data.sweep_grace_minutes),
                "VERSIONS_PER_RUN": str(settings.versions_per_run),
                "ANNOUNCEMENTS_PER_RUN": str(settings.announcements_per_run),
                **props.replicated_from,
            },
        )
        if data.sweep_minutes:
            self._build_schedule(names.schedule("object-sweep"), data.sweep_minutes)

    def _build_schedule(self, name: str, minutes: int) -> None:
        rule = CloudwatchEventRule(
            self,
            "schedule",
            name=name,
            description="Starts the sweep",
            schedule_expression="rate(1 minute)" if minutes == 1 else f"rate({minutes} minutes)",
        )
        permission = LambdaPermission(
            self,
            "schedule-permission",
            statement_id="AllowTheSchedule",
            action="lambda:InvokeFunction",
            function_name=self.function.alias.function_name,
            qualifier=self.function.alias.name,
            principal="events.amazonaws.com",
            source_arn=rule.arn,
        )
        CloudwatchEventTarget(
            self,
            "schedule-target",
            rule=rule.name,
            target_id="sweep",
            arn=self.function.live_arn,
            depends_on=[permission],
        )
