"""A queue with its dead-letter queue, and the policy that says who may send to it (row A8)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from cdktf_cdktf_provider_aws.sqs_queue_policy import SqsQueuePolicy
from cdktf_cdktf_provider_aws.sqs_queue_redrive_allow_policy import SqsQueueRedriveAllowPolicy
from cdktf_cdktf_provider_aws.sqs_queue_redrive_policy import SqsQueueRedrivePolicy
from constructs import Construct

from pipeline.identity.policy import Statement, policy

# A message that moves to the dead-letter queue keeps its age: that queue's retention has to be the
# longer one, or nobody would have time to look ("Setting-up dead-letter queue retention", Amazon
# SQS Developer Guide). 14 days are the most that SQS has.
_RETENTION_SECONDS = 10 * 24 * 3600
_DEAD_LETTER_RETENTION_SECONDS = 14 * 24 * 3600


@dataclass(frozen=True)
class WorkQueueProps:
    """What the queue is made of.

    Parameters
    ----------
    name, dead_letter_name
        The names of the two queues.
    arn, dead_letter_arn
        Their ARNs, from the naming rule.
    visibility_seconds
        How long a received message stays hidden, 0 to 43,200 s.
    maximum_receives
        How often a message is received before it moves to the dead-letter queue.
    """

    name: str
    dead_letter_name: str
    arn: str
    dead_letter_arn: str
    visibility_seconds: int
    maximum_receives: int


class WorkQueue(Construct):
    """A work queue that gives up on nothing silently.

    Attributes
    ----------
    url
        The work queue's URL.
    arn, dead_letter_arn
        The ARNs of the two queues.
    """

    def __init__(self, scope: Construct, construct_id: str, props: WorkQueueProps) -> None:
        super().__init__(scope, construct_id)
        self._queue = SqsQueue(
            self,
            "queue",
            name=props.name,
            visibility_timeout_seconds=props.visibility_seconds,
            message_retention_seconds=_RETENTION_SECONDS,
            sqs_managed_sse_enabled=True,
        )
        self._dead_letters = SqsQueue(
            self,
            "dead-letters",
            name=props.dead_letter_name,
            message_retention_seconds=_DEAD_LETTER_RETENTION_SECONDS,
            sqs_managed_sse_enabled=True,
        )
        self.url: str = self._queue.url
        self.arn: str = self._queue.arn
        self.dead_letter_arn: str = self._dead_letters.arn
        self.dead_letter_url: str = self._dead_letters.url
        self._props = props
        self._build_redrive()

    def _build_redrive(self) -> None:
        target = {
            "deadLetterTargetArn": self._props.dead_letter_arn,
            "maxReceiveCount": self._props.maximum_receives,
        }
        sources = {"redrivePermission": "byQueue", "sourceQueueArns": [self._props.arn]}
        allowed = SqsQueueRedriveAllowPolicy(
            self,
            "redrive-allow-policy",
            queue_url=self._dead_letters.url,
            redrive_allow_policy=json.dumps(sources, separators=(",", ":")),
        )
        SqsQueueRedrivePolicy(
            self,
            "redrive-policy",
            queue_url=self._queue.url,
            redrive_policy=json.dumps(target, separators=(",", ":")),
            depends_on=[allowed],
        )

    def accept_from_rules(self, rule_arns: Sequence[str]) -> tuple[SqsQueuePolicy, SqsQueuePolicy]:
        """Let EventBridge rules send to both queues, and nobody send without TLS.

        Parameters
        ----------
        rule_arns
            The rules that may send: to the queue what they match, to the dead-letter queue what
            they could not deliver.

        Returns
        -------
        tuple
            The policies of the queue and of the dead-letter queue.
        """
        return (
            self._build_policy("policy", self._queue.url, self._props.arn, rule_arns),
            self._build_policy(
                "dead-letters-policy",
                self._dead_letters.url,
                self._props.dead_letter_arn,
                rule_arns,
            ),
        )

    def _build_policy(
        self, construct_id: str, url: str, arn: str, rule_arns: Sequence[str]
    ) -> SqsQueuePolicy:
        statements = [
            Statement(
                sid="TlsOnly",
                effect="Deny",
                principal="*",
                actions=["sqs:*"],
                resources=[arn],
                conditions={"Bool": {"aws:SecureTransport": "false"}},
            )
        ]
        if rule_arns:
            statements.append(
                Statement(
                    sid="RulesSend",
                    principal={"Service": "events.amazonaws.com"},
                    actions=["sqs:SendMessage"],
                    resources=[arn],
                    conditions={"ArnEquals": {"aws:SourceArn": list(rule_arns)}},
                )
            )
        return SqsQueuePolicy(self, construct_id, queue_url=url, policy=policy(*statements))
