"""The first step of the workflow: validates the records of a request (rows E1, E3, E4)."""

from __future__ import annotations

from constructs import Construct

from pipeline.config.model import WorkflowFunction
from pipeline.functions.logging import logging_statement
from pipeline.functions.regional_function import RegionalFunctionProps
from pipeline.identity.policy import Statement
from pipeline.naming import Names

SIZE = WorkflowFunction(memory_mb=512, timeout_seconds=30)
"""Of the functions that validate and notify, in every environment (row E1)."""


def request_validator_statements(names: Names, region: str) -> list[Statement]:
    """Return what the function may do (row A11)."""
    return [
        logging_statement(names, "request-validator", region),
        Statement(
            sid="ReadTheObjectOfTheRequest",
            actions=["s3:GetObjectVersion"],
            resources=[f"{names.bucket_arn('data-ingestion', region)}/requests/*"],
        ),
        Statement(
            sid="TellAMissingObjectFromAForbiddenOne",
            actions=["s3:ListBucket"],
            resources=[names.bucket_arn("data-ingestion", region)],
        ),
        Statement(
            sid="SayHowFarItIs",
            actions=["dynamodb:UpdateItem"],
            resources=[names.table_arn("object-ledger", region)],
        ),
    ]


class RequestValidator(Construct):
    """The function."""

    def __init__(self, scope: Construct, construct_id: str, props: RegionalFunctionProps) -> None:
        super().__init__(scope, construct_id)
        self.size = SIZE
        self.function = props.build(
            self,
            "request-validator",
            description="Says whether the records of a request are valid",
            handler="request_validator.handler.handler",
            size=self.size,
            variables={"LEDGER_TABLE_NAME": props.names.table("object-ledger")},
        )
