"""R-E4: what the states of Amazon States Language that call nothing make of their input."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.embedded_aws.workflows.machines import chain, failure, make_machine, result, run

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws


def passing(**fields: Any) -> dict[str, Any]:
    return chain(Only={"Type": "Pass", **fields})


INPUT = {
    "a": {"b": [1, 2, 3], "c d": "x"},
    "items": [{"n": 1, "s": "one"}, {"n": 2, "s": "two"}, {"n": 3, "s": "three"}],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", INPUT),
        ("$.a.b[0]", 1),
        ("$.a.b[-1]", 3),
        ("$.a['c d']", "x"),
        ("$['a'].b", [1, 2, 3]),
        ("$.a.b[*]", [1, 2, 3]),
        ("$.a.b[1:]", [2, 3]),
        ("$.a.b[0,2]", [1, 3]),
        ("$.items[*].n", [1, 2, 3]),
        ("$..n", [1, 2, 3]),
        ("$.items[?(@.n > 1)].s", ["two", "three"]),
        ("$.items[?(@.s == 'one' || @.n == 3)].n", [1, 3]),
        ("$.items[?(@.n >= 2 && !(@.s == 'two'))].n", [3]),
        ("$.items[?(@.none)]", []),
    ],
)
def test_a_path_finds_what_it_names(aws: EmbeddedAws, path: str, found: Any) -> None:
    assert result(aws, passing(InputPath=path), INPUT) == found


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("States.Format('{} is {} and \\\\{\\\\}', $.name, $.list)", "Ann is [1,2,2] and {}"),
        ("States.StringToJson($.text)", {"x": 1}),
        ("States.JsonToString($.list)", "[1,2,2]"),
        ("States.Array($.name, 1, true, null, 'it\\'s')", ["Ann", 1, True, None, "it's"]),
        ("States.ArrayPartition($.list, 2)", [[1, 2], [2]]),
        ("States.ArrayContains($.list, 2)", True),
        ("States.ArrayRange(1, 9, 4)", [1, 5, 9]),
        ("States.ArrayGetItem($.list, 1)", 2),
        ("States.ArrayLength($.list)", 3),
        ("States.ArrayUnique($.list)", [1, 2]),
        ("States.Base64Encode($.name)", "QW5u"),
        ("States.Base64Decode('QW5u')", "Ann"),
        ("States.Hash('a', 'SHA-1')", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
        ("States.JsonMerge($.left, $.right, false)", {"a": 2, "b": 1}),
        ("States.MathAdd($.list[0], -3)", -2),
        ("States.StringSplit('a.b,c', '.,')", ["a", "b", "c"]),
        ("States.ArrayGetItem(States.StringSplit('a/b', '/'), 1)", "b"),
        ("$$.StateMachine.Id", None),
    ],
)
def test_an_intrinsic_function_answers(aws: EmbeddedAws, call: str, found: Any) -> None:
    given = {
        "name": "Ann",
        "text": '{"x": 1}',
        "list": [1, 2, 2],
        "left": {"a": 1, "b": 1},
        "right": {"a": 2},
    }
    machine = make_machine(aws, passing(Parameters={"x.$": call}))

    assert run(aws, machine, given) == {"x": found or machine}


def test_random_values_are_those_of_their_functions(aws: EmbeddedAws) -> None:
    found = result(
        aws,
        passing(
            Parameters={
                "id.$": "States.UUID()",
                "drawn.$": "States.MathRandom(3, 5)",
                "same.$": "States.MathRandom(1, 1000000, 7)",
                "again.$": "States.MathRandom(1, 1000000, 7)",
            }
        ),
    )

    assert len(found["id"]) == 36
    assert found["drawn"] in (3, 4)
    assert found["same"] == found["again"]


def test_the_context_object_tells_of_the_execution(aws: EmbeddedAws) -> None:
    machine = make_machine(aws, passing(Parameters={"of.$": "$$"}))

    of = run(aws, machine, {"a": 1})["of"]

    assert of["Execution"]["Input"] == {"a": 1}
    assert of["Execution"]["Id"].startswith(machine.replace("stateMachine", "execution"))
    assert of["Execution"]["RedriveCount"] == 0
    assert of["StateMachine"] == {"Id": machine, "Name": machine.split(":")[6]}
    assert of["State"]["Name"] == "Only"
    assert of["State"]["EnteredTime"] >= of["Execution"]["StartTime"]


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({"Result": 7, "ResultPath": "$.a.new"}, {"a": {"b": 1, "new": 7}, "c": 2}),
        ({"Result": 7, "ResultPath": "$.x.y"}, {"a": {"b": 1}, "c": 2, "x": {"y": 7}}),
        ({"Result": 7, "ResultPath": None}, {"a": {"b": 1}, "c": 2}),
        ({"Result": 7}, 7),
        ({"InputPath": "$.a", "ResultPath": "$.d"}, {"a": {"b": 1}, "c": 2, "d": {"b": 1}}),
        ({"InputPath": None}, {}),
        ({"OutputPath": "$.a"}, {"b": 1}),
        ({"OutputPath": None}, {}),
        ({"Parameters": {"k": [{"v.$": "$.c"}]}}, {"k": [{"v": 2}]}),
    ],
)
def test_paths_make_the_output(aws: EmbeddedAws, fields: dict[str, Any], output: Any) -> None:
    assert result(aws, passing(**fields), {"a": {"b": 1}, "c": 2}) == output


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ({"Variable": "$.s", "StringEquals": "b"}, True),
        ({"Variable": "$.s", "StringEqualsPath": "$.t"}, False),
        ({"Variable": "$.s", "StringLessThan": "c"}, True),
        ({"Variable": "$.s", "StringGreaterThanEqualsPath": "$.s"}, True),
        ({"Variable": "$.s", "StringMatches": "*b*"}, True),
        ({"Variable": "$.star", "StringMatches": "a\\*b"}, True),
        ({"Variable": "$.s", "StringMatches": "a\\*b"}, False),
        ({"Variable": "$.n", "NumericEquals": 3}, True),
        ({"Variable": "$.n", "NumericLessThanEquals": 2.9}, False),
        ({"Variable": "$.n", "NumericGreaterThanPath": "$.zero"}, True),
        ({"Variable": "$.s", "NumericEquals": 3}, False),
        ({"Variable": "$.yes", "BooleanEquals": True}, True),
        ({"Variable": "$.yes", "BooleanEqualsPath": "$.yes"}, True),
        ({"Variable": "$.at", "TimestampLessThan": "2026-01-01T01:00:00+00:00"}, True),
        ({"Variable": "$.at", "TimestampEquals": "2026-01-01T01:00:00+01:00"}, True),
        ({"Variable": "$.at", "IsTimestamp": True}, True),
        ({"Variable": "$.none", "IsNull": True}, True),
        ({"Variable": "$.missing", "IsPresent": False}, True),
        ({"Variable": "$.none", "IsPresent": True}, True),
        ({"Variable": "$.s", "IsNumeric": False}, True),
        ({"Variable": "$.yes", "IsNumeric": True}, False),
        ({"Variable": "$.s", "IsString": True}, True),
        ({"Variable": "$.yes", "IsBoolean": True}, True),
        ({"Not": {"Variable": "$.yes", "BooleanEquals": True}}, False),
        (
            {
                "And": [
                    {"Variable": "$.missing", "IsPresent": True},
                    {"Variable": "$.missing", "NumericEquals": 1},
                ]
            },
            False,
        ),
        (
            {
                "Or": [
                    {"Variable": "$.n", "NumericEquals": 1},
                    {"Variable": "$$.State.Name", "StringEquals": "Ask"},
                ]
            },
            True,
        ),
    ],
)
def test_a_rule_of_a_choice_holds(aws: EmbeddedAws, rule: dict[str, Any], *, holds: bool) -> None:
    value = {"s": "b", "t": "c", "star": "a*b", "n": 3, "zero": 0, "yes": True, "none": None}
    value["at"] = "2026-01-01T00:00:00Z"
    definition = chain(
        Ask={"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"},
        Yes={"Type": "Pass", "Result": True, "End": True},
        No={"Type": "Pass", "Result": False, "End": True},
    )

    assert result(aws, definition, value) is holds


@pytest.mark.parametrize(
    ("definition", "error", "told"),
    [
        (passing(InputPath="$.no"), "States.Runtime", "Invalid path '$.no'"),
        (passing(Parameters={"a.$": "$.no"}), "States.ParameterPathFailure", "'a.$'"),
        (passing(Result=1, ResultPath="$.list.x"), "States.ResultPathMatchFailure", "$.list.x"),
        (
            passing(Parameters={"a.$": "States.StringToJson('{')"}),
            "States.IntrinsicFailure",
            "is no JSON",
        ),
        (
            chain(
                Ask={
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.a", "IsNull": True, "Next": "Never"}],
                },
                Never={"Type": "Succeed"},
            ),
            "States.NoChoiceMatched",
            "No choice rule matched",
        ),
        (
            chain(
                Ask={
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.no", "IsNull": True, "Next": "Never"}],
                },
                Never={"Type": "Succeed"},
            ),
            "States.Runtime",
            "references an invalid value",
        ),
        (
            chain(
                Bad={
                    "Type": "Fail",
                    "ErrorPath": "States.Format('E{}', $.a)",
                    "CausePath": "$.list[0]",
                }
            ),
            "E1",
            "2",
        ),
    ],
)
def test_a_mistake_fails_the_execution_with_its_name(
    aws: EmbeddedAws, definition: dict[str, Any], error: str, told: str
) -> None:
    found, cause = failure(aws, make_machine(aws, definition), {"a": 1, "list": [2]})

    assert found == error
    assert told in cause


def test_no_catcher_takes_a_mistake_of_the_definition(aws: EmbeddedAws) -> None:
    """States.ALL does not mean States.Runtime ("Handling errors in Step Functions workflows")."""
    inner = chain(In={"Type": "Pass", "InputPath": "$.no"})
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    definition = chain(
        Out={"Type": "Parallel", "Branches": [inner], "Catch": catch, "End": True},
        Caught={"Type": "Succeed"},
    )

    assert failure(aws, make_machine(aws, definition))[0] == "States.Runtime"


def test_what_is_over_256_kib_fails_the_state(aws: EmbeddedAws) -> None:
    half = {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}}
    machine = make_machine(aws, chain(Double=half))

    assert len(json.dumps(run(aws, machine, "x" * 131_050))) > 262_000
    error, cause = failure(aws, machine, "x" * 131_070)

    assert error == "States.DataLimitExceeded"
    assert "'Double'" in cause
