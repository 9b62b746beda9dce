"""R-A10: while their region is down, executions pause, and fail of nothing."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

from embedded_aws.state import RUN, Fault
from tests.embedded_aws.functions.making import eventually, make_function
from tests.embedded_aws.workflows.machines import INVOKE, chain, ended, kinds, make_machine, start
from tests.embedded_aws.workflows.test_tasks import invoke

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws


def test_executions_pause_while_their_region_is_down(aws: EmbeddedAws) -> None:
    region = "eu-central-1"
    name = make_function(aws, "def handler(event, context):\n    return 'ok'", region=region)
    definition = chain(Rest={"Type": "Wait", "Seconds": 30}, Call=invoke(name))
    machine = make_machine(aws, definition, INVOKE, region=region)
    execution = start(aws, machine)
    try:
        RUN.regions_down = {region: "503"}
        time.sleep(1.0)
    finally:
        RUN.regions_down = {}
    paused = kinds(aws, execution)

    assert paused[-1] in ("WaitStateEntered", "WaitStateExited")
    assert json.loads(ended(aws, execution)["output"])["Payload"] == "ok"


def test_a_call_that_an_outage_interrupts_is_made_again_afterwards(aws: EmbeddedAws) -> None:
    region = "eu-central-1"
    definition = chain(List={"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues"})
    machine = make_machine(aws, definition, ("sqs:ListQueues", "*"), region=region)
    aws.state.faults.clear()
    aws.state.faults.append(Fault(operation="sqs:ListQueues", region=region, delay=2.0))
    execution = start(aws, machine)
    try:
        eventually(lambda: aws.state.faults[0].count == 0)
        RUN.regions_down = {region: "503"}
        eventually(lambda: all(each.name != "task" for each in threading.enumerate()))
    finally:
        RUN.regions_down = {}
        aws.state.faults.clear()

    assert ended(aws, execution)["status"] == "SUCCEEDED"
    assert "TaskFailed" not in kinds(aws, execution)
