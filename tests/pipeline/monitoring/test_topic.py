"""Whom alarms tell: an encrypted topic per region, and a person when there is an address."""

import pytest
from pydantic import ValidationError

from pipeline.config.alarms import Alarms
from tests.pipeline.monitoring.watching import every_alarm
from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Resource, Stack, Synthesized

TOPIC, SUBSCRIPTION = "aws_sns_topic", "aws_sns_topic_subscription"


def topic(synthesized: Synthesized, stack: Stack) -> Resource:
    return stack.one(TOPIC, name=f"serverless-alerts-{synthesized.environment.environment}")


def test_every_alarm_tells_the_topic_of_its_region(both: Synthesized) -> None:
    """R-B10, R-A12: that it goes off, and that it is over."""
    for region, stack in both.regional():
        own = topic(both, stack)
        assert own["kms_master_key_id"] == both.names.kms_alias()
        assert stack.outputs()["alerts_topic_arn"] == f"${{{own.address}.arn}}"
        for alarm in every_alarm(both):
            if alarm.stack == stack.name:
                assert alarm["alarm_actions"] == alarm["ok_actions"]
                assert alarm.refers_to("alarm_actions", own, "arn") or alarm["alarm_actions"] == [
                    f"${{{own.address}.arn}}"
                ]
        assert both.names.topic_arn("alerts", region).endswith(own["name"])


def test_only_alarms_of_this_account_and_region_may_publish(
    both: Synthesized, european: Synthesized
) -> None:
    """R-B10, R-A11, R-A13: CloudWatch does for this account's alarms, over TLS."""
    for each in (both, european):
        account = each.environment.account.id
        for region, stack in each.regional():
            tls_only, publish = topic(each, stack).policy()
            arn = each.names.topic_arn("alerts", region)
            assert (tls_only["Effect"], tls_only["Action"]) == ("Deny", "sns:Publish")
            assert publish == {
                "Sid": "AlarmsPublish",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": arn,
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": account},
                    "ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{region}:{account}:alarm:*"},
                },
            }


def test_a_person_is_told_when_there_is_an_address(variation: Variation, dev: Synthesized) -> None:
    """R-B10: in both regions; without one nobody is subscribed."""
    told = variation("dev", alarms={"email": "operators@example.com"})
    for _, stack in told.regional():
        subscription = stack.one(SUBSCRIPTION)
        assert subscription["protocol"] == "email"
        assert subscription["endpoint"] == "operators@example.com"
        assert subscription.refers_to("topic_arn", topic(told, stack), "arn")
    for _, stack in dev.regional():
        assert not stack.any_resources(SUBSCRIPTION)


@pytest.mark.parametrize("text", ["", "operators", "a@b", "a b@example.com", "a@x.org,b@x.org"])
def test_what_is_no_address_is_refused(text: str) -> None:
    """R-B10: SNS would take it, and nobody would ever hear of an alarm."""
    with pytest.raises(ValidationError, match="one e-mail address"):
        Alarms(email=text)
