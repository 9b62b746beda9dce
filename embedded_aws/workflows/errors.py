"""The errors of Amazon States Language, by their names.

Source: Step Functions Developer Guide, "Handling errors in Step Functions workflows".
"""

from __future__ import annotations

ALL = "States.ALL"
DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"
INTRINSIC_FAILURE = "States.IntrinsicFailure"
NO_CHOICE_MATCHED = "States.NoChoiceMatched"
PARAMETER_PATH_FAILURE = "States.ParameterPathFailure"
RESULT_PATH_MATCH_FAILURE = "States.ResultPathMatchFailure"
RUNTIME = "States.Runtime"
TASK_FAILED = "States.TaskFailed"
TIMEOUT = "States.Timeout"


class StateError(Exception):
    """A state failed; Retry and Catch decide by the name of the error.

    Parameters
    ----------
    error
        Its name, such as `States.Timeout` or a function's own.
    cause
        What went wrong, in words or as a function's answer.
    """

    def __init__(self, error: str | None, cause: str | None) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause

    def details(self) -> dict[str, str]:
        """Return what of name and cause there is, as events show it."""
        told = {"error": self.error, "cause": self.cause}
        return {key: value for key, value in told.items() if value is not None}


class StoppedError(Exception):
    """Something must not go on: its execution ended, or a branch beside it failed."""


class InvalidDefinitionError(Exception):
    """A definition is wrong, or uses what is not run here.

    Parameters
    ----------
    problem
        What is wrong, in one sentence.
    place
        Where it is, as a path such as `/States/First/Next`.
    """

    def __init__(self, problem: str, place: str) -> None:
        super().__init__(f"SCHEMA_VALIDATION_FAILED: {problem} at {place or '/'}")


def matches(names: list[str], error: str) -> bool:
    """Say whether the names of a retrier or catcher mean an error.

    `States.Runtime` is met by none, `States.DataLimitExceeded` by its own name only, and
    `States.TaskFailed` is everything but a time-out.
    """
    if error == RUNTIME:
        return False
    if error in names:
        return True
    if error == DATA_LIMIT_EXCEEDED:
        return False
    return ALL in names or (TASK_FAILED in names and error != TIMEOUT)
