"""One region's compute: queue, functions and what calls them. Disposable, and on its own.

Nothing here is global and nothing of IAM is owned, read or refreshed: IAM's control plane is in
us-east-1, and this stack has to be planned and applied while that region is down.
"""

from __future__ import annotations

from constructs import Construct

from pipeline.api.regional_api import RegionalApi
from pipeline.compute.artifact import Artifact, ArtifactProps
from pipeline.compute.function import Function
from pipeline.compute.layer import DependencyLayer
from pipeline.functions.object_sweep import ObjectSweep
from pipeline.functions.processor import Processor, ProcessorProps
from pipeline.functions.regional_function import RegionalFunctionProps
from pipeline.functions.stream_processor import StreamProcessor
from pipeline.ingestion.notification import BucketNotification, NotificationProps
from pipeline.ingestion.object_rules import ObjectRules, ObjectRulesProps
from pipeline.messaging.work_queue import WorkQueue, WorkQueueProps
from pipeline.monitoring.monitoring import Monitoring, MonitoringProps
from pipeline.packaging import Package
from pipeline.stacks.base import PipelineStack, StackProps
from pipeline.workflow.workflow import Workflow, WorkflowProps

# Lambda, "Using Lambda with Amazon SQS": the visibility should be six times the time-out.
_VISIBILITY_FACTOR = 6
# An outage of a day costs a message 132 receives at most (`processor.pauses`). A message that kills
# the function each time uses one per visibility time-out, and is dead within 9.4 days even with the
# longest time-out that Lambda has: before the queue forgets it.
_MAXIMUM_RECEIVES = 150


class Regional(PipelineStack):
    """The pipeline of one region."""

    def __init__(self, scope: Construct, stack_id: str, props: StackProps, *, region: str) -> None:
        super().__init__(scope, stack_id, props, home=region)
        self._region = region
        self._environment, self._names = props.environment, props.names
        layer = DependencyLayer(
            self,
            "dependencies",
            name=self._names.layer(),
            code=self._upload("dependencies", props.packages.layer),
            architecture=props.environment.functions.architecture,
        )
        self._queue = self._build_queue()
        processor_code = self._upload("processor", props.packages.processor)
        self._processor = Processor(
            self,
            "processor",
            ProcessorProps(
                environment=props.environment,
                names=props.names,
                region=region,
                code=processor_code,
                layer_arn=layer.arn,
                queue=self._queue,
            ),
        )
        self._stream = StreamProcessor(
            self,
            "stream-processor",
            RegionalFunctionProps(
                environment=props.environment,
                names=props.names,
                region=region,
                code=self._upload("stream-processor", props.packages.stream),
                layer_arn=layer.arn,
            ),
        )
        self._sweep = ObjectSweep(
            self,
            "object-sweep",
            RegionalFunctionProps(
                environment=props.environment,
                names=props.names,
                region=region,
                code=self._upload("sweep", props.packages.sweep),
                layer_arn=layer.arn,
            ),
            queue_url=self._queue.url,
        )
        self._workflow: Workflow | None = None
        if props.environment.workflow.enabled:
            self._workflow = self._build_workflow(layer, processor_code)
        self._api: RegionalApi | None = None
        if props.environment.api.enabled:
            self._api = self._build_api(layer)
        self._build_ingestion()
        self._monitoring = self._build_monitoring()
        self._publish_outputs()

    def _upload(self, name: str, package: Package) -> Artifact:
        return Artifact(
            self,
            f"{name}-code",
            ArtifactProps(
                package=package,
                bucket=self._names.bucket("artifacts", self._region),
                key=f"functions/{name}.zip",
            ),
        )

    def _build_queue(self) -> WorkQueue:
        timeout = self._environment.functions.processor.timeout_seconds
        return WorkQueue(
            self,
            "work",
            WorkQueueProps(
                name=self._names.queue("data-processing"),
                dead_letter_name=self._names.queue("data-processing-dlq"),
                arn=self._names.queue_arn("data-processing", self._region),
                dead_letter_arn=self._names.queue_arn("data-processing-dlq", self._region),
                visibility_seconds=_VISIBILITY_FACTOR * timeout,
                maximum_receives=_MAXIMUM_RECEIVES,
            ),
        )

    def _build_workflow(self, layer: DependencyLayer, processor_code: Artifact) -> Workflow:
        packages = self._props.packages
        return Workflow(
            self,
            "workflow",
            WorkflowProps(
                environment=self._environment,
                names=self._names,
                region=self._region,
                layer_arn=layer.arn,
                validator=self._upload("request-validator", packages.request_validator),
                processor=processor_code,
                notifier=self._upload("request-notifier", packages.request_notifier),
                queue=self._queue,
            ),
        )

    def _build_api(self, layer: DependencyLayer) -> RegionalApi:
        return RegionalApi(
            self,
            "rest-api",
            RegionalFunctionProps(
                environment=self._environment,
                names=self._names,
                region=self._region,
                code=self._upload("api", self._props.packages.api),
                layer_arn=layer.arn,
            ),
            dead_letter_queue_url=self._queue.dead_letter_url,
        )

    def _build_ingestion(self) -> None:
        direct = self._environment.data.trigger == "s3"
        datasets = self._props.datasets
        ObjectRules(
            self,
            "object-rules",
            ObjectRulesProps(
                names=self._names,
                region=self._region,
                datasets=() if direct else datasets,
                queue=self._queue,
            ),
        )
        BucketNotification(
            self,
            "object-notification",
            NotificationProps(
                bucket=self._names.bucket("data-ingestion", self._region),
                bucket_arn=self._names.bucket_arn("data-ingestion", self._region),
                account=self._environment.account.id,
                datasets=datasets,
                function=self._processor.function if direct else None,
            ),
        )

    def _build_monitoring(self) -> Monitoring:
        functions = [each for each in self.node.find_all() if isinstance(each, Function)]
        return Monitoring(
            self,
            "monitoring",
            MonitoringProps(self._environment, self._names, self._region, functions),
        )

    def _publish_outputs(self) -> None:
        names, region = self._names, self._region
        outputs = {
            "ingestion_bucket": (names.bucket("data-ingestion", region), "Files land here"),
            "ingestion_bucket_arn": (names.bucket_arn("data-ingestion", region), "Its ARN"),
            "processor_function": (self._processor.function.name, "Validates and stores records"),
            "processor_function_arn": (self._processor.function.arn, "Its ARN"),
            "stream_processor_function": (self._stream.function.name, "Follows the table"),
            "stream_processor_function_arn": (self._stream.function.arn, "Its ARN"),
            "object_sweep_function": (self._sweep.function.name, "Announces missed objects"),
            "object_sweep_function_arn": (self._sweep.function.arn, "Its ARN"),
            "work_queue_url": (self._queue.url, "Objects that wait for the processor"),
            "dead_letter_queue_url": (self._queue.dead_letter_url, "Events that failed for good"),
            "processed_data_table": (names.table("processed-data"), "The records"),
            "invocation_log_table": (names.table("invocation-log"), "One item per object"),
            "alerts_topic_arn": (self._monitoring.topic_arn, "Alarms tell it"),
            "health_alarm": (self._monitoring.health_alarm, "On when any alarm is"),
        }
        if self._workflow is not None:
            machine, topic = self._workflow.state_machine_arn, self._workflow.topic_arn
            outputs["state_machine_arn"] = (machine, "Validates and processes requests")
            outputs["notifications_topic_arn"] = (topic, "Tells of requests that are done")
        if self._api is not None:
            outputs["api_endpoint"] = (self._api.endpoint, "The REST API")
            outputs["api_id"] = (self._api.id, "Its id")
            outputs["api_function"] = (self._api.function.name, "Answers its requests")
            outputs["api_function_arn"] = (self._api.function.arn, "Its ARN")
            if self._api.key_id is not None:
                outputs["api_key_id"] = (self._api.key_id, "The key that requests need")
        for name, (value, description) in outputs.items():
            self.publish(name, value, description)
