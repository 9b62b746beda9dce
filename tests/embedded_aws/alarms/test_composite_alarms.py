"""R-B10, R-E6: composite alarms.

Oracle: CloudWatch API reference, "PutCompositeAlarm", "DeleteAlarms", "DescribeAlarms".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from embedded_aws.alarms.rules import RuleError, parse
from tests.embedded_aws.alarms.test_actions import make_topic, received
from tests.embedded_aws.alarms.watching import described, evaluate, feed, history, make_alarm
from tests.embedded_aws.functions.making import take, unique

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

STATES = {
    "a": "ALARM",
    "b": "OK",
    "c d": "INSUFFICIENT_DATA",
    "arn:aws:cloudwatch:x:1:alarm:e": "ALARM",
}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("ALARM(a)", True),
        ("OK(a)", False),
        ('ALARM("a") AND OK("b")', True),
        ("ALARM(a) AND NOT OK(b)", False),
        ('INSUFFICIENT_DATA("c d")', True),
        ("ALARM(arn:aws:cloudwatch:x:1:alarm:e)", True),
        ("TRUE", True),
        ("NOT TRUE OR FALSE", False),
        ("ALARM(b) AND ALARM(b) OR ALARM(a)", True),
        ("ALARM(b) AND (ALARM(b) OR ALARM(a))", False),
        ("ALARM(a) OR ALARM(b) AND FALSE", True),
        ("NOT (ALARM(a) AND OK(b))", False),
        ("NOT ALARM(a) AND OK(a)", False),
        ("  NOT  NOT ALARM( a )  ", True),
    ],
)
def test_rules_are_read_by_their_grammar(rule: str, holds: bool) -> None:
    """R-B10: NOT before AND before OR; names with or without quotes, ARNs, TRUE and FALSE."""
    assert parse(rule).holds(STATES.__getitem__) is holds


@pytest.mark.parametrize(
    "rule", ["", "ALARM(a", "ALARM()", "a", "ALARM(a) AND", "ALARM(a) ALARM(b)", "(TRUE", "XOR(a)"]
)
def test_what_is_no_rule_is_refused(rule: str) -> None:
    """R-B10: and not taken for another one."""
    with pytest.raises(RuleError):
        parse(rule)


def test_it_follows_its_children(aws: EmbeddedAws) -> None:
    """R-B10: into alarm and back; its topic is told once, with the child that caused it."""
    client, (topic, url) = aws.client("cloudwatch"), make_topic(aws)
    first, second, both = make_alarm(aws), make_alarm(aws), unique("both")
    client.put_composite_alarm(
        AlarmName=both, AlarmRule=f"ALARM({first}) AND ALARM({second})", AlarmActions=[topic]
    )
    alarm = described(aws, both)
    assert alarm["StateValue"] == "OK"
    assert alarm["StateReason"].endswith("was created and its alarm rule evaluates to OK")

    feed(aws, first, 50)
    assert evaluate(aws)[both] == "OK"
    feed(aws, second, 50)
    assert evaluate(aws)[both] == "ALARM"

    child = described(aws, second)["AlarmArn"]
    assert described(aws, both)["StateReason"].startswith(f"{child} transitioned to ALARM at ")
    message = json.loads(received(aws, url)["Message"])
    assert message["AlarmRule"] == f"ALARM({first}) AND ALARM({second})"
    assert [each["Arn"] for each in message["TriggeringChildren"]] == [child]
    make_alarm(aws, AlarmName=first, Threshold=99)
    assert evaluate(aws)[both] == "OK"
    assert history(aws, both)[-1] == "Alarm updated from ALARM to OK"


def test_composites_of_composites_follow_at_once(aws: EmbeddedAws) -> None:
    """R-B10: and a circle of them ends."""
    client, leaf = aws.client("cloudwatch"), make_alarm(aws)
    inner, outer = unique("inner"), unique("outer")
    client.put_composite_alarm(AlarmName=inner, AlarmRule=f"ALARM({leaf})")
    client.put_composite_alarm(AlarmName=outer, AlarmRule=f"NOT ALARM({inner})")
    assert described(aws, outer)["StateValue"] == "ALARM"
    feed(aws, leaf, 50)
    states = evaluate(aws)
    assert (states[inner], states[outer]) == ("ALARM", "OK")

    # When each wants what the other is not
    client.put_composite_alarm(AlarmName=inner, AlarmRule=f"ALARM({outer})")
    assert described(aws, outer)["StateValue"] in ("OK", "ALARM")
    assert len(history(aws, outer)) < 10


def test_another_alarm_suppresses_its_actions(aws: EmbeddedAws) -> None:
    """R-E6: while a deployment is under way, for example."""
    client, (topic, url) = aws.client("cloudwatch"), make_topic(aws)
    leaf, deploying, name = make_alarm(aws), make_alarm(aws), unique("quiet")
    client.put_composite_alarm(
        AlarmName=name,
        AlarmRule=f"ALARM({leaf})",
        AlarmActions=[topic],
        OKActions=[topic],
        ActionsSuppressor=deploying,
        ActionsSuppressorWaitPeriod=1,
        ActionsSuppressorExtensionPeriod=1,
    )
    json.loads(received(aws, url)["Message"])  # it was created and is OK
    feed(aws, deploying, 50)
    evaluate(aws)
    feed(aws, leaf, 50)
    evaluate(aws)
    alarm = described(aws, name)
    assert (alarm["StateValue"], alarm["ActionsSuppressedBy"]) == ("ALARM", "Alarm")
    assert take(aws, url) == []
    make_alarm(aws, AlarmName=deploying, Threshold=99)
    evaluate(aws)
    make_alarm(aws, AlarmName=leaf, Threshold=99)
    evaluate(aws)
    assert json.loads(received(aws, url)["Message"])["NewStateValue"] == "OK"
    assert "ActionsSuppressedBy" not in described(aws, name)


def test_what_a_rule_looks_at_must_exist_and_stay(aws: EmbeddedAws) -> None:
    """R-B10: a child cannot be deleted before the alarms that depend on it."""
    client, child, name = aws.client("cloudwatch"), make_alarm(aws), unique("parent")
    with pytest.raises(ClientError, match=r"alarms \[nowhere\] in the alarm rule do not exist"):
        client.put_composite_alarm(AlarmName=name, AlarmRule=f"ALARM(nowhere) OR OK({child})")
    client.put_composite_alarm(AlarmName=name, AlarmRule=f"OK({child})")
    children = client.describe_alarms(ChildrenOfAlarmName=name)["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in children] == [child]
    parents = client.describe_alarms(ParentsOfAlarmName=child)["CompositeAlarms"]
    assert [alarm["AlarmName"] for alarm in parents] == [name]

    with pytest.raises(ClientError, match=f"Cannot delete {child} as there are composite alarm"):
        client.delete_alarms(AlarmNames=[child])
    client.delete_alarms(AlarmNames=[child, name])
    found = client.describe_alarms(
        AlarmNames=[child, name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    assert found["MetricAlarms"] == found["CompositeAlarms"] == []
    assert history(aws, name, "ConfigurationUpdate")[-1] == f'Alarm "{name}" deleted'
