"""R-A5: the quick validator accepts what the reference accepts, and says every reason."""

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shared.reference_validation import reference_validator
from shared.schema_formats import FORMATS
from shared.validation import record_validator

# -- random schemas and values, made of the same few pieces so that they meet -------------------

names = st.sampled_from(["a", "b", "c", "a/b", ""])
numbers = st.one_of(
    st.integers(-5, 5),
    st.sampled_from([10**30, 2**53 + 1, 2**64, -(2**63) - 1]),
    st.sampled_from(
        [Decimal(t) for t in ("1.0", "0.1", "0.10", "1.5", "-0.0", "1E+30", "9007199254740993.0")]
    ),
    st.sampled_from([Decimal("0.30"), Decimal("1E-30"), Decimal("0.1000000000000000055511151231")]),
)
words = st.one_of(
    st.text(max_size=4),
    st.sampled_from(["a", "a\n", "٣", "é", "e\u0301", "😀", "2026-01-31", "a@b", "1.2.3.4", "::1"]),
    st.sampled_from(["2026-01-31T00:00:00Z", "12:00:00Z", "/a~1b", "[", "2026-02-30T00:00:00Z"]),
)
values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]
positive = st.one_of(
    st.integers(1, 7), st.sampled_from([Decimal("0.1"), Decimal("0.01"), Decimal("1.5")])
)
small = st.integers(0, 3)
PATTERNS = ["^a$", r"\d", r"^\w+$", "[^a]", "a|b", "^.$", r"(?i)A", r"\s$"]


def schemas_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=1, max_size=3)
    keywords: dict[str, st.SearchStrategy[Any]] = {
        "type": st.sampled_from(TYPES) | st.lists(st.sampled_from(TYPES), min_size=1, unique=True),
        "enum": st.lists(values, min_size=1, max_size=3),
        "const": values,
        "format": st.sampled_from([*FORMATS, "unknown"]),
        "pattern": st.sampled_from(PATTERNS),
        "properties": st.dictionaries(names, inner, max_size=3),
        "additionalProperties": inner,
        "propertyNames": inner,
        "required": st.lists(names, unique=True, max_size=2),
        "dependentRequired": st.dictionaries(names, st.lists(names, unique=True, max_size=2)),
        "dependentSchemas": st.dictionaries(names, inner, max_size=2),
        "items": inner,
        "prefixItems": some,
        "contains": inner,
        "uniqueItems": st.booleans(),
        "multipleOf": positive,
        "$ref": st.sampled_from(["#/$defs/one", "#/$defs/two"]),
        "$comment": st.just("x"),
    }
    for keyword in ("allOf", "anyOf", "oneOf"):
        keywords[keyword] = some
    for keyword in ("not", "if", "then", "else"):
        keywords[keyword] = inner
    for keyword in ("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"):
        keywords[keyword] = numbers
    for kind in ("Length", "Items", "Properties", "Contains"):
        keywords[f"max{kind}"] = keywords[f"min{kind}"] = small
    chosen = st.sampled_from(sorted(keywords))
    return st.lists(chosen, min_size=1, max_size=4, unique=True).flatmap(
        lambda picked: st.fixed_dictionaries({name: keywords[name] for name in picked})
    )


flat = st.booleans() | st.sampled_from(TYPES).map(lambda name: {"type": name})
schemas = st.recursive(flat, schemas_of, max_leaves=6)
definitions = st.fixed_dictionaries({"one": flat, "two": flat})


@settings(max_examples=250, deadline=None)
@given(schemas, definitions, st.lists(values, min_size=1, max_size=6))
def test_the_accepted_records_are_those_of_the_reference(
    schema: Any, defined: Any, candidates: list[Any]
) -> None:
    if isinstance(schema, dict):
        schema = {**schema, "$defs": defined}
    quick = record_validator(schema)
    reference = reference_validator(schema)

    for value in candidates:
        accepted = reference.is_valid(value)
        assert quick.is_valid(value) == accepted
        assert (quick.reasons(value) == []) == accepted


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_formats_are_asserted_as_the_reference_asserts_them(name: str, data: st.DataObject) -> None:
    alphabet = {"uuid": "0123456789abcdefA-{}", "ipv6": "0123:af.%", "ipv4": "0123."}
    day, clock = r"\d{4}-[01]\d-[0-3]\d", r"[0-2]\d:[0-6]\d:[0-6]\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)"
    near = {
        "date": rf"{day}\n?",
        "date-time": rf"{day}[Tt]{clock}\n?",
        "time": rf"{clock}\n?",
        "uuid": r"[0-9a-fA-F]{8}-?[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-?[0-9a-f]{12}",
        "json-pointer": r"(/[a~01/]{0,3}){0,3}",
    }
    texts = st.text(alphabet[name], max_size=40) if name in alphabet else st.text(max_size=9)
    if name in near:
        texts |= st.from_regex(near[name], fullmatch=True)
    text = data.draw(texts)
    checker = Draft202012Validator.FORMAT_CHECKER

    expected = Draft202012Validator({"format": name}, format_checker=checker).is_valid(text)

    assert FORMATS[name](text) == expected
    assert record_validator({"format": name}).is_valid(text) == expected


NEARLY = [
    *("2026-02-28", "2026-02-29", "2024-02-29", "2026-04-31", "2026-13-01", "0000-01-01"),
    *(
        "2026-02-28T23:59:59Z",
        "2026-02-30T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-01-31T24:00:00Z",
    ),
    *(
        "2026-01-01T23:60:00Z",
        "2026-01-01T23:59:60Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00",
    ),
    *(
        "2026-01-01T00:00:00.5Z",
        "2026-01-01T00:00:00Z\n",
        "2026-01-01\n",
        "x2026-01-01",
        "2026-01-1٣",
    ),
    *(f"0189{'0' * 4}-aaaa-bbbb-cccc-{'0' * 12}", f"0189{'0' * 4}-aaaa-bbbb-cccc-{'0' * 11}g"),
    *(f"0189{'0' * 4}aaaa-bbbb-cccc-{'0' * 13}", f"0189{'0' * 4}-aaaa-bbbb-cccc-{'0' * 12}\n"),
]


@pytest.mark.parametrize("name", ["date", "date-time", "uuid"])
@pytest.mark.parametrize("text", NEARLY)
def test_what_surely_has_a_format_has_it_for_the_reference(name: str, text: str) -> None:
    schema = {"format": name}

    assert record_validator(schema).is_valid(text) == reference_validator(schema).is_valid(text)


whole_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


def _is_plain(schema: Any) -> bool:
    text = repr(schema)
    return "Decimal" not in text and "uniqueItems" not in text


@settings(max_examples=200, deadline=None)
@given(schemas.filter(_is_plain), definitions, st.lists(whole_values, min_size=1, max_size=6))
def test_with_whole_numbers_the_reference_is_the_package_as_it_is(
    schema: Any, defined: Any, candidates: list[Any]
) -> None:
    if isinstance(schema, dict):
        schema = {**schema, "$defs": defined}
    original = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)

    for value in candidates:
        assert record_validator(schema).is_valid(value) == original.is_valid(value)


DIALECTS = [
    ({"pattern": "^a$"}, "a\n", True),
    ({"pattern": r"\d"}, "٣", True),
    ({"pattern": r"^\Z"}, "", True),
    ({"pattern": "(?P<x>a)(?P=x)"}, "aa", True),
    ({"allOf": [{"pattern": "a"}], "pattern": "b"}, "b", False),
    ({"propertyNames": {"pattern": "^a"}}, {"b": 1}, False),
    ({"patternProperties": {r"\d": {"type": "string"}}}, {"٣": 1}, False),
    ({"unevaluatedProperties": False, "properties": {"a": True}}, {"b": 1}, False),
    ({"enum": [{"pattern": "x"}]}, {"pattern": "x"}, True),
    ({"properties": {"pattern": {"type": "string"}}}, {"pattern": 1}, False),
    ({"maxLength": 1}, "😀", True),
    ({"multipleOf": Decimal("0.01")}, Decimal("19.99"), True),
    ({"type": "integer"}, Decimal("1E+3"), True),
    ({"format": "date"}, "31.1.2026", False),
    ({"format": "unheard-of"}, "x", True),
]


@pytest.mark.parametrize(("schema", "value", "valid"), DIALECTS)
def test_where_the_two_differ_the_reference_decides(schema: Any, value: Any, valid: bool) -> None:
    assert reference_validator(schema).is_valid(value) == valid
    assert record_validator(schema).is_valid(value) == valid


def test_all_reasons_have_pointer_and_message() -> None:
    schema = {
        "required": ["id", "x"],
        "properties": {
            "a/b~": {"type": "integer"},
            "list": {"items": {"pattern": "^[A-Z]+$"}},
        },
    }

    reasons = record_validator(schema).reasons({"a/b~": "no", "list": ["A", "b", "3"]})

    assert sorted((reason.pointer, reason.message) for reason in reasons) == [
        ("", '"id" is a required property'),
        ("", '"x" is a required property'),
        ("/a~1b~0", '"no" is not of type "integer"'),
        ("/list/1", '"b" does not match the pattern "^[A-Z]+$"'),
        ("/list/2", '"3" does not match the pattern "^[A-Z]+$"'),
    ]


def test_a_hopeless_record_has_a_bounded_number_of_short_reasons() -> None:
    schema = {"items": {"maxLength": 1}}

    reasons = record_validator(schema).reasons(["x" * 10_000] * 5000)

    assert len(reasons) == 1001
    assert max(len(reason.message) for reason in reasons) < 600
    assert re.search("more than these 1000", reasons[-1].message)
