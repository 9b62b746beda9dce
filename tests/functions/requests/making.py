"""Requests as the state machine hands them over."""

from typing import Any

from shared.requests import Request

EXECUTION = "arn:aws:states:us-east-1:111122223333:execution:serverless-process-records-dev:id-1"


def event(request: Request, **members: Any) -> dict[str, Any]:
    """The payload of a task of the state machine."""
    return {
        "execution": EXECUTION,
        "input": {"request": request.to_input(), "notify": None, **members},
    }
