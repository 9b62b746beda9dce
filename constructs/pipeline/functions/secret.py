"""What a function may do that reads the pipeline's secret."""

from __future__ import annotations

from pipeline.identity.policy import Statement
from pipeline.naming import Names


def secret_statement(names: Names, region: str) -> Statement:
    """Return the permission to read the secret in a region (rows A11, B6).

    The key's policy lets those decrypt it who may read it: `storage.data_key`.
    """
    return Statement(
        sid="ReadTheSecret",
        actions=["secretsmanager:GetSecretValue"],
        resources=[names.secret_arn_pattern(region)],
    )
