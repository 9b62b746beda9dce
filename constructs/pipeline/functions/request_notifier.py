"""The last step of the workflow: tells subscribers that a request is done (rows E1, E3, E4)."""

from __future__ import annotations

from constructs import Construct

from pipeline.functions.logging import logging_statement
from pipeline.functions.regional_function import RegionalFunctionProps
from pipeline.functions.request_validator import SIZE
from pipeline.identity.policy import Statement
from pipeline.naming import Names


def request_notifier_statements(names: Names, region: str) -> list[Statement]:
    """Return what the function may do (row A11)."""
    return [
        logging_statement(names, "request-notifier", region),
        Statement(
            sid="TellSubscribers",
            actions=["sns:Publish"],
            resources=[names.topic_arn("notifications", region)],
        ),
        Statement(
            sid="NoteWhatWasSent",
            actions=["dynamodb:Query", "dynamodb:UpdateItem"],
            resources=[names.table_arn("object-ledger", region)],
        ),
    ]


class RequestNotifier(Construct):
    """The function.

    Parameters
    ----------
    props
        As for every function.
    topic_arn
        Where subscribers are.
    """

    def __init__(
        self, scope: Construct, construct_id: str, props: RegionalFunctionProps, *, topic_arn: str
    ) -> None:
        super().__init__(scope, construct_id)
        self.size = SIZE
        self.function = props.build(
            self,
            "request-notifier",
            description="Tells subscribers that a request is done",
            handler="request_notifier.handler.handler",
            size=self.size,
            variables={
                "LEDGER_TABLE_NAME": props.names.table("object-ledger"),
                "TOPIC_ARN": topic_arn,
            },
        )
