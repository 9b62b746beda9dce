"""R-C4 R-F7: where functions wait for a release, a review says what does not."""

import json

import pytest

from tests.operations.review.planned import Values, changed, resource, review

FIRST = json.dumps({"StartAt": "A", "States": {}})
MACHINE = {"name": "process-records", "definition": FIRST}
RULE = {"name": "orders", "event_pattern": FIRST}
API = {"name": "data-api", "body": json.dumps({"paths": {}}), "policy": "{}"}
OTHER = json.dumps({"StartAt": "B", "States": {}})


def notes(*resources: Values, by_release: bool = True) -> list[str]:
    return [
        each
        for each in review(*resources, by_release=by_release).notes()
        if each.startswith("in use at once")
    ]


@pytest.mark.parametrize(
    ("kind", "before", "after", "said"),
    [
        ("aws_api_gateway_rest_api", API, {"body": OTHER}, "data-api, us-east-1 (body)"),
        (
            "aws_api_gateway_rest_api",
            API,
            {"body": OTHER, "policy": OTHER},
            "data-api, us-east-1 (body, policy)",
        ),
        ("aws_lambda_event_source_mapping", {"batch_size": 10}, {"batch_size": 5}, "(batch_size)"),
        ("aws_cloudwatch_event_rule", {"name": "r"}, {"event_pattern": OTHER}, "(event_pattern)"),
    ],
)
def test_a_change_that_every_call_meets_is_named(
    kind: str, before: Values, after: Values, said: str
) -> None:
    (note,) = notes(changed(kind, before, **after))

    assert said in note


def test_what_waits_is_new_or_is_the_same_is_not_named() -> None:
    reordered = json.dumps({"States": {}, "StartAt": "A"})

    assert not notes(
        changed("aws_lambda_function", {"function_name": "api"}, memory_size=1024),
        changed("aws_sfn_state_machine", MACHINE, definition=OTHER),
        resource("aws_cloudwatch_event_rule", None, RULE, name="two"),
        changed("aws_cloudwatch_event_rule", RULE, event_pattern=reordered, name="three"),
        changed("aws_cloudwatch_event_rule", RULE, tags={"a": "b"}, name="four"),
    )


def test_where_an_apply_moves_functions_as_well_nothing_is_said() -> None:
    given = changed("aws_cloudwatch_event_rule", RULE, event_pattern=OTHER)

    assert not notes(given, by_release=False)
