"""What every function may do with its log group."""

from __future__ import annotations

from pipeline.identity.policy import Statement
from pipeline.naming import Function, Names


def logging_statement(names: Names, function: Function, region: str) -> Statement:
    """Return the permission to write to an existing log group, but not to create one (B9)."""
    return Statement(
        sid="WriteLogs",
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[f"{names.log_group_arn(function, region)}:*"],
    )
