"""The state machine that processes requests."""

from typing import Any

import msgspec
from botocore.exceptions import ClientError

from shared.aws_clients import error_code
from shared.requests import RequestState

_ENCODE = msgspec.json.Encoder(order="deterministic").encode
_ALIVE = ("RUNNING", "PENDING_REDRIVE")


class Workflow:
    """Starts executions.

    Parameters
    ----------
    client : botocore client
        Of Step Functions.
    state_machine_arn : str
        ``STATE_MACHINE_ARN``.
    """

    def __init__(self, client: Any, state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn
        self._executions = state_machine_arn.replace(":stateMachine:", ":execution:")

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
        name = state.execution_name
        told = {"request": state.request.to_input(), "notify": notify}
        try:
            self._client.start_execution(
                stateMachineArn=self._arn, name=name, input=_ENCODE(told).decode()
            )
        except ClientError as error:
            if error_code(error) != "ExecutionAlreadyExists":
                raise
            found = self._client.describe_execution(executionArn=f"{self._executions}:{name}")
            return found["status"] in _ALIVE
        return True
