"""An encrypted topic that is published to over TLS only (rows A12, A13, E3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from constructs import Construct

from pipeline.identity.policy import Statement, policy


@dataclass(frozen=True)
class TopicProps:
    """What the topic is made of.

    Parameters
    ----------
    name, arn
        Its name and its ARN, from the naming rule.
    key_alias
        The alias of the customer key that encrypts its messages. The key's policy lets publishers
        use it.
    statements
        What its policy allows beside; principals of the account need their own policies only.
    """

    name: str
    arn: str
    key_alias: str
    statements: Sequence[Statement] = ()


class Topic(Construct):
    """One topic.

    Attributes
    ----------
    arn
        Its ARN.
    """

    def __init__(self, scope: Construct, construct_id: str, props: TopicProps) -> None:
        super().__init__(scope, construct_id)
        # Amazon SNS Developer Guide, "Enforce encryption of data in transit".
        tls_only = Statement(
            sid="TlsOnly",
            effect="Deny",
            principal="*",
            actions=["sns:Publish"],
            resources=[props.arn],
            conditions={"Bool": {"aws:SecureTransport": "false"}},
        )
        topic = SnsTopic(
            self,
            "topic",
            name=props.name,
            kms_master_key_id=props.key_alias,
            policy=policy(tls_only, *props.statements),
        )
        self.arn: str = topic.arn
