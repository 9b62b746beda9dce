"""What the functions of the workflow take as input (R-E4)."""

from typing import Any

import pytest

from shared.requests import Request
from shared.step_input import InvalidRequestError, step_input

from .making import EXECUTION, event

REQUEST = Request("0123abcd", "orders", "ingestion", "requests/orders/0123abcd.json", "v1")


def test_the_request_is_read_from_what_started_the_execution() -> None:
    step = step_input(event(REQUEST, validation={"isValid": True}))

    assert (step.request, step.execution_arn) == (REQUEST, EXECUTION)
    assert step.members["validation"] == {"isValid": True}


def changed(**members: Any) -> dict[str, Any]:
    made = event(REQUEST)
    made["input"]["request"] |= members
    return made


WRONG: list[tuple[Any, str]] = [
    ({}, "no member request"),
    ({"execution": EXECUTION, "input": {}}, "no member request"),
    ({"execution": EXECUTION, "input": {"request": "id"}}, "request is 'id'; it must be an object"),
    (
        {"execution": EXECUTION, "input": {"request": {"id": ""}}},
        "request.id is ''; it must be a text that is not empty; request.dataset is missing; ",
    ),
    (changed(versionId=7), "request.versionId is 7; it must be a text"),
    (changed(onInvalid="drop"), "request.onInvalid is 'drop'; it must be reject or quarantine"),
    (changed(objectId="orders/x#v1"), "request.objectId is 'orders/x#v1'; it must be 'orders/req"),
]


@pytest.mark.parametrize(("given", "told"), WRONG)
def test_what_is_no_request_is_refused_with_every_problem(given: Any, told: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        step_input(given)

    assert told in str(refused.value)
