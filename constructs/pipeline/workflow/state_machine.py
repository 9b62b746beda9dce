"""The state machine with its log group, and what its role may do (rows E4, A11, B9)."""

from __future__ import annotations

from dataclasses import dataclass

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.sfn_alias import SfnAlias, SfnAliasRoutingConfiguration
from cdktf_cdktf_provider_aws.sfn_state_machine import (
    SfnStateMachine,
    SfnStateMachineLoggingConfiguration,
    SfnStateMachineTracingConfiguration,
)
from constructs import Construct

from pipeline.config import Environment
from pipeline.identity.policy import Statement
from pipeline.naming import LIVE, WORKFLOW, Function, Names
from pipeline.workflow.definition import DefinitionProps, Step, definition

_STEPS: tuple[Function, ...] = ("request-validator", "request-processor", "request-notifier")
# Step Functions, "Logging to CloudWatch Logs": the actions of log delivery, none of which has a
# resource level.
_LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)
# Step Functions, "X-Ray tracing in Step Functions"; no resource level either.
_TRACES = (
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)


def workflow_statements(environment: Environment, names: Names, region: str) -> list[Statement]:
    """Return what the state machine of a region may do (row A11)."""
    statements = [
        Statement(
            sid="RunTheSteps",
            actions=["lambda:InvokeFunction"],
            resources=[names.live_arn(function, region) for function in _STEPS],
        ),
        Statement(
            sid="RecordFailures",
            actions=["dynamodb:UpdateItem"],
            resources=[names.table_arn("object-ledger", region)],
        ),
        Statement(sid="DeliverLogs", actions=_LOG_DELIVERY, resources=["*"]),
    ]
    if environment.functions.tracing:
        statements.append(Statement(sid="SendTraces", actions=_TRACES, resources=["*"]))
    return statements


@dataclass(frozen=True)
class StateMachineProps:
    """What the state machine is made of.

    Parameters
    ----------
    environment, names
        The configuration and the naming rule.
    region
        Where it runs.
    validator, processor, notifier
        Its functions.
    """

    environment: Environment
    names: Names
    region: str
    validator: Step
    processor: Step
    notifier: Step


class StateMachine(Construct):
    """One region's state machine, its versions, and the alias ``live`` by which it is started.

    Attributes
    ----------
    arn, name
        Of the state machine.
    """

    def __init__(self, scope: Construct, construct_id: str, props: StateMachineProps) -> None:
        super().__init__(scope, construct_id)
        names, settings = props.names, props.environment.functions
        log_group = CloudwatchLogGroup(
            self,
            "log-group",
            name=names.state_machine_log_group(),
            retention_in_days=settings.log_retention_days,
        )
        machine = SfnStateMachine(
            self,
            "state-machine",
            name=names.state_machine(),
            type="STANDARD",
            role_arn=names.role_arn(WORKFLOW, props.region),
            definition=definition(
                DefinitionProps(
                    partition=props.environment.partition,
                    region=props.region,
                    ledger=names.table("object-ledger"),
                    validator=props.validator,
                    processor=props.processor,
                    notifier=props.notifier,
                )
            ),
            logging_configuration=SfnStateMachineLoggingConfiguration(
                level="ALL",
                include_execution_data=props.environment.workflow.include_execution_data,
                log_destination=f"{log_group.arn}:*",
            ),
            tracing_configuration=SfnStateMachineTracingConfiguration(enabled=settings.tracing),
            publish=True,
        )
        self._build_alias(machine, props.environment)
        self.name = names.state_machine()
        self.arn: str = machine.arn

    def _build_alias(self, machine: SfnStateMachine, environment: Environment) -> None:
        moved_by_a_release = TerraformResourceLifecycle(ignore_changes=["routing_configuration"])
        is_direct = environment.release.strategy == "direct"
        SfnAlias(
            self,
            LIVE,
            name=LIVE,
            description="What is started",
            routing_configuration=[
                SfnAliasRoutingConfiguration(
                    state_machine_version_arn=machine.state_machine_version_arn, weight=100
                )
            ],
            lifecycle=None if is_direct else moved_by_a_release,
        )
