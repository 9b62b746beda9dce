"""The second step of the workflow: the processor, told by the state machine (rows E1, E3, E4)."""

from __future__ import annotations

from constructs import Construct

from pipeline.functions.logging import logging_statement
from pipeline.functions.processor import (
    ProcessorProps,
    processing_statements,
    processing_variables,
)
from pipeline.identity.policy import Statement
from pipeline.naming import Names


def request_processor_statements(names: Names, region: str) -> list[Statement]:
    """Return what the function may do: as the processor, but it receives nothing (row A11)."""
    return [
        logging_statement(names, "request-processor", region),
        Statement(
            sid="ReadTheObjectOfTheRequest",
            actions=["s3:GetObjectVersion"],
            resources=[f"{names.bucket_arn('data-ingestion', region)}/requests/*"],
        ),
        *processing_statements(names, region),
        Statement(
            sid="LeaveTheRestOfLongObjects",
            actions=["sqs:SendMessage"],
            resources=[names.queue_arn("data-processing", region)],
        ),
    ]


class RequestProcessor(Construct):
    """The function; its code is the processor's."""

    def __init__(self, scope: Construct, construct_id: str, props: ProcessorProps) -> None:
        super().__init__(scope, construct_id)
        self.size = props.environment.functions.workflow
        self.function = props.build(
            self,
            "request-processor",
            description="Stores the records of requests, as the processor those of files",
            handler="processor.request_handler.handler",
            size=self.size,
            variables=processing_variables(props),
        )
