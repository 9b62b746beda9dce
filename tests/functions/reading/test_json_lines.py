"""R-A3, R-A5: JSON Lines, with everything that is wrong with files in the world."""

import pytest

from tests.functions.reading.conftest import Reading

GOOD = b'{"a":1}'

FILES = {
    "empty": (b"", 0, []),
    "one line without end": (GOOD, 1, []),
    "blank lines": (b"\n  \n" + GOOD + b"\n\t\n\n" + GOOD + b"\n\n", 2, []),
    "CRLF": (GOOD + b"\r\n\r\n" + GOOD + b"\r\n", 2, []),
    "byte-order mark": (b"\xef\xbb\xbf" + GOOD + b"\n", 1, []),
    "only a byte-order mark": (b"\xef\xbb\xbf", 0, []),
    "cut off": (GOOD + b'\n{"a":', 1, [b'{"a":']),
    "two on one line": (GOOD + GOOD + b"\n" + GOOD, 1, [GOOD + GOOD]),
    "invalid UTF-8": (GOOD + b'\n{"a":"\xff"}\n' + GOOD, 2, [b'{"a":"\xff"}']),
    "overlong UTF-8": (b'{"a":"\xc0\x80"}\n' + GOOD, 1, [b'{"a":"\xc0\x80"}']),
    "encoded surrogate": (b'{"a":"\xed\xa0\x80"}\n' + GOOD, 1, [b'{"a":"\xed\xa0\x80"}']),
    "NUL byte": (b'{"a":"\0"}\n' + GOOD, 1, [b'{"a":"\0"}']),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0\xff", 0, [b"\x89PNG", b"\x1a", b"\0\0\xff"]),
    "NaN": (b'{"a":NaN}\n{"a":-Infinity}', 0, [b'{"a":NaN}', b'{"a":-Infinity}']),
    "lone surrogate": (b'{"a":"\\ud800"}\n' + GOOD, 1, [b'{"a":"\\ud800"}']),
    "lone surrogate in a name": (b'{"\\udc00":1}', 0, [b'{"\\udc00":1}']),
    "surrogate pair": (b'{"a":"\\ud83d\\ude00"}', 1, []),
    "repeated name": (b'{"a":1,"a":1}\n' + GOOD, 1, [b'{"a":1,"a":1}']),
    "repeated name by escape": (b'{"a":1,"\\u0061":1}', 0, [b'{"a":1,"\\u0061":1}']),
    "repeated name inside": (b'{"a":{"b":1,"b":2}}', 0, [b'{"a":{"b":1,"b":2}}']),
    "repeated name after a blank": (b'{"a" :1,"a":":"}', 0, [b'{"a" :1,"a":":"}']),
    "same name in two objects": (b'{"a":{"a":1},"b":[{"a":1},{"a":2}]}', 1, []),
    "colons in strings": (b'{"a":"\\":","b":":","c":"12:30"}', 1, []),
    "no object": (b'1\n"x"\n[]\nnull\ntrue\n' + GOOD, 1, [b"1", b'"x"', b"[]", b"null", b"true"]),
    "trailing comma": (b'{"a":1,}', 0, [b'{"a":1,}']),
    "empty name": (b'{"":1}', 0, [b'{"":1}']),
    "empty object": (b"{}", 1, []),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("chunk", [1, 3, 1 << 20])
def test_every_record_is_stored_or_rejected_as_it_was(read: Reading, name: str, chunk: int) -> None:
    content, stored, rejected = FILES[name]

    result = read(content, chunk=chunk)

    assert (len(result.stored), result.raws) == (stored, rejected)
    assert all(rejection.reasons for rejection in result.rejected)
    assert result.failure is None


MESSAGES = {
    b'{"a":NaN}': ": the record is not JSON: NaN is no JSON number",
    b'{"a":"\\ud800"}': ": the record is not JSON text: a \\u escape is half of a surrogate pair",
    b'{"a":"\xff"}': ": the record is not UTF-8: byte 0xff at byte 6 of the record",
    b'{"a":1,"a":2}': ': one object has the member "a" more than once',
    b"[1]": ": the record is an array, not an object",
    b'{"a":1e999}': "/a: the number is of magnitude 1E+999; DynamoDB holds 1E-130 to 9.99E+125",
    b'{"a":{"b~/c":1e-999}}': (
        "/a/b~0~1c: the number is of magnitude 1E-999; DynamoDB holds 1E-130 to 9.99E+125"
    ),
    b'{"a":1e99999999999999999999}': (
        ": the record has a number with an exponent that is out of range"
    ),
    b'{"a":' + b"1" * 5000 + b"}": (
        ": the record has an integer with thousands of digits; DynamoDB holds 38"
    ),
    b'{"a":[0,' + b"1" * 39 + b"]}": (
        "/a/1: the number has 39 significant digits; DynamoDB holds at most 38"
    ),
}


@pytest.mark.parametrize("line", MESSAGES)
def test_a_rejection_says_what_is_wrong_and_where(read: Reading, line: bytes) -> None:
    assert read(line).messages == [MESSAGES[line]]


@pytest.mark.parametrize("depth", [100, 900, 1100, 50_000])
@pytest.mark.parametrize("pair", [(b"[", b"]"), (b'{"a":', b"}")])
def test_deep_nesting_is_rejected_and_never_crashes(
    read: Reading, depth: int, pair: tuple[bytes, bytes]
) -> None:
    opened, closed = pair
    deep = b'{"a":' + opened * depth + b"1" + closed * depth + b"}"

    result = read(deep + b"\n" + GOOD)

    assert result.counts == (1, 1)
    assert "nested" in result.messages[0]


@pytest.mark.parametrize(("levels", "stored"), [(30, 1), (31, 0)])
def test_a_value_may_stand_on_the_32nd_level_below_the_attribute_and_no_deeper(
    read: Reading, levels: int, stored: int
) -> None:
    # The attribute is level 1, so a scalar in n arrays in the record is on level n + 2.
    result = read(b'{"a":' + b"[" * levels + b"1" + b"]" * levels + b"}")

    assert result.counts == (stored, 1 - stored)


def test_numbers_stay_exact(read: Reading) -> None:
    line = (
        b'{"float":0.1,"long":1.0000000000000000000000000000000000001,"int":12345678901234567890123,'
        b'"trailing":12.500,"exponent":1E3,"zero":-0.0,"small":1e-7,"max":9.9e125,"neg":-1.5}'
    )

    (data,) = read(line).data

    assert data == {
        "float": "0.1",
        "long": "1.0000000000000000000000000000000000001",
        "int": "12345678901234567890123",
        "trailing": "12.5",
        "exponent": "1000",
        "zero": "0",
        "small": "0.0000001",
        "max": "99" + "0" * 124,
        "neg": "-1.5",
    }


def test_a_line_longer_than_the_limit_is_rejected_by_its_place(read: Reading) -> None:
    content = GOOD + b"\n" + b"x" * 50 + b"\r\n" + GOOD

    for chunk in (1, 7, 100):
        result = read(content, chunk=chunk, record_limit=20)

        (rejection,) = result.rejected
        assert result.counts == (2, 1)
        assert (rejection.raw, rejection.position, rejection.line) == (None, 8, 2)
        assert content[8 : 8 + rejection.length].rstrip() == b"x" * 50


def test_places_are_those_of_the_object(read: Reading) -> None:
    content = b"\xef\xbb\xbf" + GOOD + b"\r\n\n" + b"bad\r\n" + GOOD

    result = read(content)

    (rejection,) = result.rejected
    assert (rejection.position, rejection.line, rejection.length) == (13, 3, 3)
    assert content[13:16] == b"bad"
    assert [item.item["position"]["N"] for item in result.stored] == ["3", "18"]


POISON = [
    b'"' + b'\\"' * 500_000,
    b'{"a":"' + b'\\"' * 500_000,
    b'{"a' + b'":"' * 300_000,
    b'{"a":' + b'{"a":"' * 150_000,
    b'{"a":"' + b"\\" * 500_001,
    b'{"a":"' + b"},{" * 300_000,
    b'{"a":1' + b'"' * 900_001,
]


@pytest.mark.parametrize("number", range(len(POISON)))
@pytest.mark.parametrize("form", ["jsonl", "json", "csv"])
def test_a_poison_record_is_rejected_in_linear_time(read: Reading, number: int, form: str) -> None:
    # What takes quadratic time here takes hours, not seconds.
    begin = {"jsonl": b"", "json": b"[", "csv": b"a,b\n"}[form]

    result = read(begin + POISON[number], f"orders/a.{form}")

    assert result.counts == (0, 1)


@pytest.mark.parametrize(
    "record",
    [
        b'{"a":[' + b"[]," * 150_000 + b"[]]}",
        b'{"a":[' + b"0," * 205_000 + b"0]}",
        b'{"a":[' + b'{"b":","},' * 103_000 + b"0]}",
    ],
)
def test_a_record_of_countless_elements_is_rejected_without_being_parsed(
    read: Reading, record: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Parsed, 10 MB of "[]," take 2 GB: more than the function has.
    monkeypatch.setattr("shared.object_reader.parse_json", None)

    assert read(record).messages == [
        ": the record has more than 204800 members and elements; "
        "DynamoDB allows items of 409600 bytes"
    ]


def test_commas_inside_strings_are_no_elements(read: Reading) -> None:
    assert read(b'{"a":"' + b"," * 300_000 + b'"}').counts == (1, 0)


def test_the_most_elements_that_an_item_holds_are_stored(read: Reading) -> None:
    # An element that is 0 takes two bytes: 204,500 of them and the item's other attributes.
    result = read(b'{"a":[' + b"0," * 204_499 + b"0]}")

    assert result.counts == (1, 0)
