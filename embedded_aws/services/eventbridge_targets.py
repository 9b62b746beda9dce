"""Delivery of an event to one target of a rule, with its permission, retries and dead letters.

Stands in for the sending part of `moto.events.models.Rule.send_to_targets`, which calls targets in
the request of the sender, asks no policy, and knows no function, state machine or topic.

Sources: EventBridge User Guide, "Using resource-based policies", "How EventBridge retries
delivering events" and "Using dead-letter queues to process undelivered events".
"""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.core.exceptions import ServiceException
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from embedded_aws import credentials, functions
from embedded_aws.services import service_principals
from embedded_aws.services.eventbridge_input import input_of
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from moto.events.models import Rule

PRINCIPAL = "events.amazonaws.com"
SERVICES = frozenset({"sqs", "sns", "lambda", "states"})
MAX_AGE = 86_400
MAX_RETRIES = 185
_WITH_ROLE = frozenset({"states"})


class _UndeliverableError(Exception):
    """Trying again will not help; `code` is EventBridge's own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Delivery:
    """One event on its way to one target; called again until it returns None."""

    rule: Rule
    target: dict[str, Any]
    event: dict[str, Any]
    began: float = field(default_factory=time.monotonic)
    attempts: int = 0

    def __call__(self) -> float | None:
        """Try once; return the seconds after which to try again, or None when it is settled."""
        region = self.target["Arn"].split(":")[3]
        if RUN.is_down(region):
            return self._again("SDK_CLIENT_ERROR", f"region {region} does not answer")
        self.attempts += 1
        try:
            self._send()
        except _UndeliverableError as refused:
            self._dead_letter(refused.code, str(refused), "")
        except (ClientError, BotoCoreError, ServiceException) as failed:
            return self._again("SDK_CLIENT_ERROR", str(failed))
        return None

    def _again(self, code: str, message: str) -> float | None:
        policy = self.target.get("RetryPolicy") or {}
        age = (time.monotonic() - self.began) / max(RUN.time_scale, 1e-6)
        if age > policy.get("MaximumEventAgeInSeconds", MAX_AGE):
            self._dead_letter(code, message, "MaximumEventAgeInSeconds")
        elif self.attempts > policy.get("MaximumRetryAttempts", MAX_RETRIES):
            self._dead_letter(code, message, "MaximumRetryAttempts")
        else:
            return max(0.1, min(2.0**self.attempts, 300.0) * RUN.time_scale)
        return None

    def _send(self) -> None:
        arn = self.target["Arn"]
        service, region, account, name = arn.split(":", 5)[2:]
        body = input_of(self.target, self.event, self.rule.name, self.rule.arn)
        if service in _WITH_ROLE:
            self._start_execution(arn, region, body)
            return
        self._check(arn)
        if service == "lambda":
            functions.invoke_asynchronously(arn, body)
        elif service == "sqs":
            group = (self.target.get("SqsParameters") or {}).get("MessageGroupId")
            sqs_backends[account][region].send_message(
                queue_name=name, message_body=body, group_id=group
            )
        else:
            sns_backends[account][region].publish(message=body, arn=arn)

    def _start_execution(self, arn: str, region: str, body: str) -> None:
        client = credentials.client("stepfunctions", region, self.target["RoleArn"], "events")
        try:
            client.start_execution(stateMachineArn=arn, input=body, name=str(uuid.uuid4()))
        except ClientError as failed:
            if failed.response["Error"]["Code"] == "AccessDeniedException":
                raise _UndeliverableError("NO_PERMISSIONS", str(failed)) from failed
            raise

    def _check(self, arn: str) -> None:
        if not service_principals.exists(arn):
            RUN.notice(f"{self.rule.arn}: {arn} does not exist, an event is lost")
            raise _UndeliverableError("RESOURCE_NOT_FOUND", f"{arn} does not exist")
        allowed = service_principals.may_send(PRINCIPAL, arn, self.rule.arn)
        service_principals.report(PRINCIPAL, arn, allowed=allowed)
        if not allowed:
            raise _UndeliverableError(
                "NO_PERMISSIONS", f"{PRINCIPAL} may not send to {arn} for {self.rule.arn}"
            )

    def _dead_letter(self, code: str, message: str, exhausted: str) -> None:
        arn = (self.target.get("DeadLetterConfig") or {}).get("Arn")
        if not arn:
            return
        if not service_principals.exists(arn):
            RUN.notice(f"{self.rule.arn}: its dead-letter queue {arn} does not exist")
            return
        allowed = service_principals.may_send(PRINCIPAL, arn, self.rule.arn)
        service_principals.report(PRINCIPAL, arn, allowed=allowed)
        if not allowed:
            return
        attributes = {
            "RULE_ARN": self.rule.arn,
            "TARGET_ARN": self.target["Arn"],
            "ERROR_CODE": code,
            "ERROR_MESSAGE": message[:1024],
            "RETRY_ATTEMPTS": str(max(self.attempts - 1, 0)),
        }
        if exhausted:
            attributes["EXHAUSTED_RETRY_CONDITION"] = exhausted
        region, account, name = arn.split(":", 5)[3:]
        sqs_backends[account][region].send_message(
            queue_name=name,
            message_body=json.dumps(self.event),
            message_attributes={
                key: {"DataType": "String", "StringValue": value}
                for key, value in attributes.items()
            },
        )
