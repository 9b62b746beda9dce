"""The alarms of a region, the topic that they tell, and one state over all of them.

Rows A12, B10, C5, E6.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.cloudwatch_composite_alarm import CloudwatchCompositeAlarm
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct

from pipeline.compute.function import Function
from pipeline.config import Environment
from pipeline.identity.policy import Statement
from pipeline.messaging.topic import Topic, TopicProps
from pipeline.monitoring.alarm import Alarm, build_alarm
from pipeline.monitoring.data_alarms import queue_alarms, table_alarms
from pipeline.monitoring.function_alarms import function_alarms
from pipeline.monitoring.own_alarms import own_alarms
from pipeline.monitoring.request_alarms import api_alarms, workflow_alarms
from pipeline.naming import Names


@dataclass(frozen=True)
class MonitoringProps:
    """What is watched, and whom the alarms tell.

    Parameters
    ----------
    environment, names
        The configuration and the naming rule.
    region
        The region of alarms and topic.
    functions
        All functions of the region.
    """

    environment: Environment
    names: Names
    region: str
    functions: Sequence[Function]


class Monitoring(Construct):
    """A region's alarms.

    Attributes
    ----------
    topic_arn
        Where each alarm tells that it goes off and that it is over.
    health_alarm
        The name of the composite alarm: whether any of them is off. It tells nobody.
    """

    def __init__(self, scope: Construct, construct_id: str, props: MonitoringProps) -> None:
        super().__init__(scope, construct_id)
        names = props.names
        self.topic_arn = self._build_topic(props)
        alarms = [
            build_alarm(self, names, alarm, self.topic_arn) for alarm in _region_alarms(props)
        ]
        self.health_alarm = names.alarm("pipeline")
        CloudwatchCompositeAlarm(
            self,
            "all",
            alarm_name=self.health_alarm,
            alarm_description="Whether any alarm of the pipeline in this region is on",
            alarm_rule=" OR ".join(f'ALARM("{alarm.alarm_name}")' for alarm in alarms),
        )

    def _build_topic(self, props: MonitoringProps) -> str:
        names, environment = props.names, props.environment
        arn = names.topic_arn("alerts", props.region)
        topic = Topic(
            self,
            "alerts",
            TopicProps(
                name=names.topic("alerts"),
                arn=arn,
                key_alias=names.kms_alias(),
                statements=[_alarms_publish(names, environment, props.region, arn)],
            ),
        )
        if environment.alarms.email is not None:
            SnsTopicSubscription(
                self,
                "email",
                topic_arn=topic.arn,
                protocol="email",
                endpoint=environment.alarms.email,
            )
        return topic.arn


def _region_alarms(props: MonitoringProps) -> Iterator[Alarm]:
    names, environment = props.names, props.environment
    settings = environment.alarms
    for function in props.functions:
        yield from function_alarms(function, settings)
        yield from own_alarms(names, function.kind, settings)
    yield from queue_alarms(names, settings)
    yield from table_alarms(names, settings)
    if environment.api.enabled:
        yield from api_alarms(names, settings)
    if environment.workflow.enabled:
        yield from workflow_alarms(names, props.region, settings)


def _alarms_publish(names: Names, environment: Environment, region: str, topic: str) -> Statement:
    """Let the region's alarms of this account publish, and nobody else by this policy.

    Amazon SNS Developer Guide, "Allow Amazon CloudWatch alarms to publish to a topic".
    """
    return Statement(
        sid="AlarmsPublish",
        principal={"Service": "cloudwatch.amazonaws.com"},
        actions=["sns:Publish"],
        resources=[topic],
        conditions={
            "StringEquals": {"aws:SourceAccount": environment.account.id},
            "ArnLike": {"aws:SourceArn": names.arn("cloudwatch", region, "alarm:*")},
        },
    )
