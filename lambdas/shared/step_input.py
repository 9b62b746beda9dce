"""What the state machine hands to the functions of the workflow.

``{"execution": <ARN>, "input": {"request": {...}, "notify": {...} or null, "validation": ...,
"processing": ...}}``: the execution's input with the results so far beside it (``ResultPath``).
The records themselves stay in S3: a state's input ends at 256 KiB ("Step Functions service
quotas").
"""

from typing import Any

from msgspec import Struct

from shared.requests import Request

_MEMBERS = {
    "id": "id",
    "dataset": "dataset",
    "bucket": "bucket",
    "key": "key",
    "versionId": "version_id",
    "onInvalid": "on_invalid",
}
_ON_INVALID = ("reject", "quarantine")


class InvalidRequestError(Exception):
    """The input of the execution is no request; the message lists every problem."""


class StepInput(Struct, frozen=True):
    """The input of a step.

    Parameters
    ----------
    execution_arn : str
        Of the execution.
    request : Request
        What it is about.
    members : dict
        All of the input.
    """

    execution_arn: str
    request: Request
    members: dict[str, Any]


def step_input(event: Any) -> StepInput:
    """Read what the state machine handed over.

    Raises
    ------
    InvalidRequestError
        Naming every member that is missing or wrong, and what is allowed.
    """
    match event:
        case {"execution": str(execution), "input": {"request": dict(told)} as members}:
            return StepInput(execution, _request(told), members)
        case {"input": {"request": told}}:
            raise InvalidRequestError(f"request is {told!r:.100}; it must be an object")
    raise InvalidRequestError("the input has no member request")


def _request(told: dict[str, Any]) -> Request:
    problems = [
        f"request.{name} is {told[name]!r:.100}; it must be a text that is not empty"
        if name in told
        else f"request.{name} is missing"
        for name in _MEMBERS
        if not (isinstance(told.get(name), str) and told[name])
    ]
    if not problems and told["onInvalid"] not in _ON_INVALID:
        allowed = " or ".join(_ON_INVALID)
        problems.append(f"request.onInvalid is {told['onInvalid']!r:.100}; it must be {allowed}")
    if problems:
        raise InvalidRequestError("; ".join(problems))
    request = Request(**{member: told[name] for name, member in _MEMBERS.items()})
    if told.get("objectId") != request.object_id:
        raise InvalidRequestError(
            f"request.objectId is {told.get('objectId')!r:.200}; it must be {request.object_id!r}, "
            "which follows from dataset, key and versionId"
        )
    return request
