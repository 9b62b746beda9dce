"""The state machines that process requests: this region's is started, both are asked."""

from collections.abc import Callable
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from shared.aws_clients import AwsError, error_code
from shared.requests import LONGEST_REASON, RequestState

_ENCODE = msgspec.json.Encoder(order="deterministic").encode
_ALIVE = ("RUNNING", "PENDING_REDRIVE")
_ENDED = {
    "ABORTED": "The execution was stopped before it was done.",
    "FAILED": "The execution failed.",
    "TIMED_OUT": "The execution took longer than it may.",
}


class Workflow:
    """Starts executions in this region, and asks for those of both.

    Parameters
    ----------
    client : botocore client
        Of Step Functions in this region.
    state_machine_arn : str
        ``STATE_MACHINE_ARN``.
    alias : str
        ``STATE_MACHINE_ALIAS``: whose version is started.
    asking : callable
        Returns a client for a region, with little patience: who asks has an answer without.
    """

    def __init__(
        self, client: Any, state_machine_arn: str, alias: str, asking: Callable[[str], Any]
    ) -> None:
        self._client = client
        self._started = f"{state_machine_arn}:{alias}"
        self._executions = state_machine_arn.replace(":stateMachine:", ":execution:")
        self._asking = asking

    def execution_arn(self, request_id: str, attempt: int) -> str:
        """Return the ARN of the execution of an attempt at a request, in this region."""
        return f"{self._executions}:{request_id}-{attempt}"

    def start(self, state: RequestState, notify: dict[str, str] | None) -> bool:
        """Start the execution of a request's attempt, unless it runs already.

        The name of an execution can be used once, and the same start again is no second one while
        it runs ("StartExecution", AWS Step Functions API Reference).

        Parameters
        ----------
        state : RequestState
            With the attempt, which names the execution.
        notify : dict or None
            What is to be told, and to whom.

        Returns
        -------
        bool
            Whether it runs now; False: it has ended before.
        """
        arn = self.execution_arn(state.request.id, state.attempt)
        told = {"request": state.request.to_input(), "notify": notify}
        try:
            self._client.start_execution(
                stateMachineArn=self._started,
                name=arn.rpartition(":")[2],
                input=_ENCODE(told).decode(),
            )
        except ClientError as error:
            if error_code(error) != "ExecutionAlreadyExists":
                raise
            found = self._client.describe_execution(executionArn=arn)
            return found["status"] in _ALIVE
        return True

    def failure(self, execution_arn: str) -> str:
        """Return why an execution of either region has ended without being done, for a person.

        Returns
        -------
        str
            "": it runs, is done, was never started, or nobody can say now.
        """
        try:
            client = self._asking(execution_arn.split(":")[3])
            found = client.describe_execution(executionArn=execution_arn)
        except (*AwsError, OSError):
            return ""
        begin = _ENDED.get(found["status"])
        if begin is None:
            return ""
        told = ": ".join(str(found[name]) for name in ("error", "cause") if found.get(name))
        return f"{begin} {told}".rstrip()[:LONGEST_REASON]
