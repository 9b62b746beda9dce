"""What an alarm does when its state changes: it tells topics and functions, as they allow.

Sources: CloudWatch User Guide, "Alarm actions" and "Invoke a Lambda function from an alarm"; SNS
Developer Guide, "Enable compatibility between event sources from AWS services and encrypted
topics".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.sns.models import sns_backends

from embedded_aws import functions
from embedded_aws.alarms import history, messages
from embedded_aws.iam.needs.encryption import DATA_KEY, DECRYPT, find_key
from embedded_aws.iam.policy import parse
from embedded_aws.iam.resource_policy import evaluate_resource_policy
from embedded_aws.services import eventbridge_rules, service_principals
from embedded_aws.services.deliveries import deliver_later
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from embedded_aws.alarms.messages import Change

PRINCIPAL = "cloudwatch.amazonaws.com"
LAMBDA_PRINCIPAL = "lambda.alarms.cloudwatch.amazonaws.com"
LISTS = {
    "ALARM": "alarm_actions",
    "OK": "ok_actions",
    "INSUFFICIENT_DATA": "insufficient_data_actions",
}
_AGAIN_SECONDS = 0.2


class _RefusedError(Exception):
    """The action cannot be done; trying again would not help."""


@dataclass(frozen=True)
class _Action:
    """One action on its way; called again until it returns None."""

    change: Change
    arn: str

    def __call__(self) -> float | None:
        region = self.arn.split(":")[3]
        if RUN.is_down(region) or RUN.is_down(self.change.alarm.region_name):
            return _AGAIN_SECONDS
        try:
            self._do()
        except (_RefusedError, ServiceException) as problem:
            self._note(f'Failed to execute action {self.arn}. Received error: "{problem}"', problem)
        else:
            self._note(f"Successfully executed action {self.arn}", None)
        return None

    def _do(self) -> None:
        service, region = self.arn.split(":")[2:4]
        if service == "sns":
            self._check(PRINCIPAL)
            self._check_key(region)
            sns_backends[RUN.account][region].publish(
                message=messages.notification(self.change),
                arn=self.arn,
                subject=messages.subject(self.change),
            )
        elif service == "lambda":
            self._check(LAMBDA_PRINCIPAL)
            functions.invoke_asynchronously(self.arn, messages.invocation(self.change))
        else:
            RUN.notice(f"alarm {self.change.alarm.name}: actions of {service} are not done here")
            raise _RefusedError(f"{service} is not here")

    def _check(self, principal: str) -> None:
        if not service_principals.exists(self.arn):
            RUN.notice(f"alarm {self.change.alarm.name}: {self.arn} does not exist")
            raise _RefusedError("Resource does not exist")
        allowed = service_principals.may_send(
            principal,
            self.arn,
            self.change.alarm.alarm_arn,
            {"aws:sourceowner": [RUN.account]},
        )
        service_principals.report(principal, self.arn, allowed=allowed)
        if not allowed:
            raise _RefusedError(
                f"CloudWatch Alarms is not authorized to perform: "
                f"{service_principals.ACTIONS[self.arn.split(':')[2]]} on resource: {self.arn} "
                "because no resource-based policy allows the action"
            )

    def _check_key(self, region: str) -> None:
        """Ask the policy of the key that the topic is encrypted with, if it is."""
        topic = sns_backends[RUN.account][region].topics[self.arn]
        if not topic.kms_master_key_id:
            return
        key = find_key(topic.kms_master_key_id, region)
        arn = getattr(key, "arn", topic.kms_master_key_id)
        # The keys that AWS manages let SNS's own callers use them, but no other service.
        policy = key.policy if key is not None and key.key_manager != "AWS" else None
        context = {
            "aws:sourcearn": [self.change.alarm.alarm_arn],
            "aws:sourceaccount": [RUN.account],
            "aws:principalservicename": [PRINCIPAL],
            "aws:principalisawsservice": ["true"],
        }
        for action in (DECRYPT, DATA_KEY):
            decision = evaluate_resource_policy(
                parse(policy) if policy else None,
                action=action,
                resource=arn,
                context=context,
                principal_service=PRINCIPAL,
            )
            if not decision.allowed:
                RUN.deny(PRINCIPAL, action, arn, "the topic's key does not allow it by its policy")
                raise _RefusedError(f"{PRINCIPAL} is not authorized to perform: {action} on {arn}")
            RUN.allow(PRINCIPAL, action, arn)

    def _note(self, summary: str, problem: Exception | None) -> None:
        after = self.change.after
        state = "Succeeded" if problem is None else "Failed"
        data: dict[str, Any] = {
            "actionState": state,
            "notificationResource": self.arn,
            "stateUpdateTimestamp": after["timestamp"],
            "publishedMessage": None,
        }
        if self.arn.split(":")[2] == "sns":
            data["publishedMessage"] = json.dumps(
                {
                    "default": messages.notification(self.change),
                    "Subject": messages.subject(self.change),
                }
            )
        if problem is not None:
            data["error"] = str(problem)
        history.add(self.change.alarm, "Action", summary, data)


def announce(change: Change) -> None:
    """Tell EventBridge of a change; CloudWatch does so whatever actions there are."""
    eventbridge_rules.publish(RUN.account, change.alarm.region_name, messages.event(change))


def perform(change: Change) -> None:
    """Do the actions of the new state, soon."""
    for arn in getattr(change.alarm, LISTS[change.after["value"]]) or []:
        deliver_later(_Action(change, arn))
