"""The workflow of a region: the state machine, its three functions, and the topic (rows E3, E4)."""

from __future__ import annotations

from dataclasses import dataclass

from constructs import Construct

from pipeline.compute.artifact import Artifact
from pipeline.config import Environment
from pipeline.functions.processor import ProcessorProps
from pipeline.functions.regional_function import RegionalFunctionProps
from pipeline.functions.request_notifier import RequestNotifier
from pipeline.functions.request_processor import RequestProcessor
from pipeline.functions.request_validator import RequestValidator
from pipeline.messaging.topic import Topic, TopicProps
from pipeline.messaging.work_queue import WorkQueue
from pipeline.naming import Names
from pipeline.workflow.definition import Step
from pipeline.workflow.state_machine import StateMachine, StateMachineProps


@dataclass(frozen=True)
class WorkflowProps:
    """What the workflow is made of.

    Parameters
    ----------
    environment, names
        The configuration and the naming rule.
    region
        Where it runs.
    layer_arn
        The dependencies of its functions.
    validator, processor, notifier
        Their zips; the second one is that of the processor of files.
    queue
        Where what is left of a long object goes on.
    """

    environment: Environment
    names: Names
    region: str
    layer_arn: str
    validator: Artifact
    processor: Artifact
    notifier: Artifact
    queue: WorkQueue


class Workflow(Construct):
    """The workflow.

    Attributes
    ----------
    state_machine_arn
        What is started with a request.
    topic_arn
        Where subscribers are told of requests that are done.
    """

    def __init__(self, scope: Construct, construct_id: str, props: WorkflowProps) -> None:
        super().__init__(scope, construct_id)
        names, region = props.names, props.region
        topic = Topic(
            self,
            "notifications",
            TopicProps(
                name=names.topic("notifications"),
                arn=names.topic_arn("notifications", region),
                key_alias=names.kms_alias(),
            ),
        )
        validator = RequestValidator(self, "validator", self._function(props, props.validator))
        processor = RequestProcessor(
            self,
            "processor",
            ProcessorProps(**vars(self._function(props, props.processor)), queue=props.queue),
        )
        notifier = RequestNotifier(
            self, "notifier", self._function(props, props.notifier), topic_arn=topic.arn
        )
        machine = StateMachine(
            self,
            "state-machine",
            StateMachineProps(
                environment=props.environment,
                names=names,
                region=region,
                validator=Step(validator.function.live_arn, validator.size.timeout_seconds),
                processor=Step(processor.function.live_arn, processor.size.timeout_seconds),
                notifier=Step(notifier.function.live_arn, notifier.size.timeout_seconds),
            ),
        )
        self.state_machine_arn = machine.arn
        self.topic_arn = topic.arn

    @staticmethod
    def _function(props: WorkflowProps, code: Artifact) -> RegionalFunctionProps:
        return RegionalFunctionProps(
            environment=props.environment,
            names=props.names,
            region=props.region,
            code=code,
            layer_arn=props.layer_arn,
        )
