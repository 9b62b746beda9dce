"""Step Functions' workflows that really run: an interpreter of Amazon States Language.

Stands in for what moto does not do unless `execute_state_machine` is set; its own interpreter calls
services without IAM, with AWS's waiting times, and takes seconds to be imported.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.exceptions import (
    ExecutionAlreadyExists,
    InvalidExecutionInput,
    InvalidName,
)

from embedded_aws.workflows import records
from embedded_aws.workflows.execution import Execution, close_all

if TYPE_CHECKING:
    from embedded_aws.workflows.execution import Snapshot

_NAME = re.compile(r"""[^\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}""")
_lock = threading.Lock()


def start(machine: Any, snapshot: Snapshot, name: str | None, text: str) -> Execution:
    """Start an execution; one of a standard workflow that runs with the same name and input is it.

    Parameters
    ----------
    machine
        moto's state machine, which keeps its executions.
    snapshot
        What the execution runs.
    name
        Its name; nothing: one is made up.
    text
        Its input, a JSON document.

    Raises
    ------
    ExecutionAlreadyExists
        The name was used for another input, or for an execution that is over.
    InvalidExecutionInput, InvalidName
        As they say.
    """
    value = _value(text)
    if name and not _NAME.fullmatch(name):
        raise InvalidName(f"Invalid Name: '{name}'")
    name = name or str(uuid.uuid4())
    region, account, _, title = snapshot.arn.split(":")[3:7]
    kind, end = ("express", f":{uuid.uuid4()}") if snapshot.express else ("execution", "")
    arn = f"arn:aws:states:{region}:{account}:{kind}:{title}:{name}{end}"
    with _lock:
        if not snapshot.express:
            known = machine.__dict__.setdefault("executions_by_arn", {})
            if arn in known:
                if known[arn].status == "RUNNING" and known[arn].input == text:
                    return known[arn]  # type: ignore[no-any-return]
                raise ExecutionAlreadyExists(f"Execution Already Exists: '{arn}'")
        execution = Execution(snapshot, arn, name, text, value)
        if not snapshot.express:
            known[arn] = execution
            machine.executions.append(execution)
    execution.start()
    return execution


def _value(text: str) -> Any:
    def refused(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    try:
        return json.loads(text, parse_constant=refused)
    except ValueError as wrong:
        raise InvalidExecutionInput(f"Invalid State Machine Execution Input: '{wrong}'") from wrong


def install() -> None:
    """Begin to write what executions leave."""
    records.start()


def close() -> None:
    """End what runs, and stop writing."""
    close_all()
    records.close()
