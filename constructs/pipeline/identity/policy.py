"""IAM policy documents, written in Python so that synth needs no data source for them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Condition = Mapping[str, Mapping[str, str | Sequence[str]]]


@dataclass(frozen=True)
class Statement:
    """One statement of a policy.

    Parameters
    ----------
    sid
        What the statement is for, letters and digits only.
    actions
        IAM actions, such as ``s3:GetObject``.
    resources
        ARNs; left empty in a trust policy.
    effect
        ``Allow`` or ``Deny``.
    principal
        The principal element of a resource or trust policy, for example
        ``{"Service": "events.amazonaws.com"}``.
    conditions
        Operator -> condition key -> value or values.
    """

    sid: str
    actions: Sequence[str]
    resources: Sequence[str] = ()
    effect: str = "Allow"
    principal: Mapping[str, str | Sequence[str]] | str | None = None
    conditions: Condition = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the statement in IAM's JSON form."""
        body: dict[str, Any] = {"Sid": self.sid, "Effect": self.effect}
        if self.principal is not None:
            body["Principal"] = self.principal
        body["Action"] = _one_or_many(self.actions)
        if self.resources:
            body["Resource"] = _one_or_many(self.resources)
        if self.conditions:
            body["Condition"] = {key: dict(value) for key, value in self.conditions.items()}
        return body


def policy(*statements: Statement) -> str:
    """Return a policy document as the JSON text that Terraform takes."""
    body = {"Version": "2012-10-17", "Statement": [each.document() for each in statements]}
    return json.dumps(body, separators=(",", ":"))


def trust(service: str) -> str:
    """Return the trust policy that lets an AWS service, such as ``lambda``, assume a role."""
    return policy(
        Statement(
            sid="AssumedByService",
            actions=["sts:AssumeRole"],
            principal={"Service": f"{service}.amazonaws.com"},
        )
    )


def _one_or_many(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
