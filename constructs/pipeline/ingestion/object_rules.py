"""EventBridge rules: one per dataset, from the bucket's events to the work queue (row B4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import (
    CloudwatchEventTarget,
    CloudwatchEventTargetDeadLetterConfig,
    CloudwatchEventTargetRetryPolicy,
)
from constructs import Construct

from pipeline.datasets import Dataset, event_pattern_text
from pipeline.messaging.work_queue import WorkQueue
from pipeline.naming import Names

# EventBridge, "Retrying event delivery": the most that it does, then the dead-letter queue.
_EVENT_SECONDS = 86_400
_ATTEMPTS = 185


@dataclass(frozen=True)
class ObjectRulesProps:
    """Which objects go where.

    Parameters
    ----------
    names
        The naming rule.
    region
        Where bucket, rules and queue are.
    datasets
        The kinds of data.
    queue
        The work queue.
    """

    names: Names
    region: str
    datasets: Sequence[Dataset]
    queue: WorkQueue


class ObjectRules(Construct):
    """A rule per dataset, and the queue policy that lets these rules send."""

    def __init__(self, scope: Construct, construct_id: str, props: ObjectRulesProps) -> None:
        super().__init__(scope, construct_id)
        arns = [props.names.rule_arn(dataset.name, props.region) for dataset in props.datasets]
        policies = props.queue.accept_from_rules(arns)
        bucket = props.names.bucket("data-ingestion", props.region)
        for dataset in props.datasets:
            rule = CloudwatchEventRule(
                self,
                f"{dataset.name}-rule",
                name=props.names.rule(dataset.name),
                description=f"Objects of the dataset {dataset.name}",
                event_pattern=event_pattern_text(dataset, bucket),
            )
            CloudwatchEventTarget(
                self,
                f"{dataset.name}-target",
                rule=rule.name,
                target_id="work-queue",
                arn=props.queue.arn,
                dead_letter_config=CloudwatchEventTargetDeadLetterConfig(
                    arn=props.queue.dead_letter_arn
                ),
                retry_policy=CloudwatchEventTargetRetryPolicy(
                    maximum_event_age_in_seconds=_EVENT_SECONDS,
                    maximum_retry_attempts=_ATTEMPTS,
                ),
                depends_on=list(policies),
            )
