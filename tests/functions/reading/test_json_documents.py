"""R-A3, R-A5: JSON files with one document or one array."""

import pytest

from tests.functions.reading.conftest import Reading

FILES = {
    "empty": (b"", 0, []),
    "only blanks": (b" \n\t", 0, []),
    "one document": (b' {"a":1} \n', 1, []),
    "document after a byte-order mark": (b'\xef\xbb\xbf{"a":1}', 1, []),
    "empty array": (b"[]", 0, []),
    "empty array with blanks": (b" [ \n ] ", 0, []),
    "array": (b'[{"a":1},{"b":[1,{"c":"]"}]}]', 2, []),
    "pretty array": (b'[\r\n  {"a": 1},\r\n  {"a": 2}\r\n]\r\n', 2, []),
    "comma first": (b'[{"a":1}\n,{"a":2}\n,{"a":3}\n]', 3, []),
    "brackets and quotes in strings": (b'[{"a":"]},{[\\""},{"b":"\\\\"},{"c":1}]', 3, []),
    "elements that are no objects": (b'[1,{"a":1},"x,y",[{}]]', 1, [b"1", b'"x,y"', b"[{}]"]),
    "one broken element": (b'[{"a":1},{"a":},{"b":2}]', 2, [b'{"a":}']),
    "comma forgotten": (b'[{"a":1} {"b":2},{"c":3}]', 1, [b'{"a":1} {"b":2}']),
    "two commas": (b'[{"a":1},,{"b":2}]', 2, [b""]),
    "comma at the end": (b'[{"a":1},]', 1, [b""]),
    "only a comma": (b"[,]", 0, [b"", b""]),
    "cut off inside an element": (b'[{"a":1},{"a":', 1, [b'{"a":']),
    "cut off behind an element": (b'[{"a":1},{"b":2}', 1, [b'{"b":2}']),
    "cut off behind a comma": (b'[{"a":1},', 1, [b""]),
    "cut off at once": (b"[", 0, [b""]),
    "cut off inside a string": (b'[{"a":1},{"a":"x],\\', 1, [b'{"a":"x],\\']),
    "text behind the array": (b'[{"a":1}] x [2]\n', 1, [b"x [2]\n"]),
    "second array": (b'[{"a":1}]\n[{"b":1}]', 1, [b'[{"b":1}]']),
    "text behind the document": (b'{"a":{"}":1}}\n{"b":1}\n', 1, [b'{"b":1}\n']),
    "document cut off": (b'{"a":1', 0, [b'{"a":1']),
    "scalar": (b"42", 0, [b"42"]),
    "closing bracket": (b"]", 0, [b"]"]),
    "wrong closing bracket": (b'[{"a":1]},{"b":2}]', 1, [b'{"a":1]}']),
    "surplus brace": (b'[{"a":1}},{"b":2}]', 1, [b'{"a":1}}']),
    "binary": (b"\x89PNG\r\n\x1a\n\0", 0, [b"\x89PNG\r\n\x1a\n\0"]),
    "binary inside": (b'[{"a":1},{"\xff":1},{"b":1}]', 2, [b'{"\xff":1}']),
    "repeated name": (b'[{"a":1,"a":2},{"a":1}]', 1, [b'{"a":1,"a":2}']),
    "NaN": (b'[{"a":NaN},{"a":1}]', 1, [b'{"a":NaN}']),
    "lone surrogate": (b'[{"a":"\\ud800"},{"a":1}]', 1, [b'{"a":"\\ud800"}']),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("chunk", [1, 2, 5, 1 << 20])
def test_every_element_is_stored_or_rejected_as_it_was(
    read: Reading, name: str, chunk: int
) -> None:
    content, stored, rejected = FILES[name]

    result = read(content, "orders/a.json", chunk=chunk)

    assert (len(result.stored), result.raws) == (stored, rejected)
    assert all(rejection.reasons for rejection in result.rejected)
    for rejection in result.rejected:
        end = rejection.position + rejection.length
        assert content[rejection.position : end] == rejection.raw
        assert content.count(b"\n", 0, rejection.position) + 1 == rejection.line


def test_a_lost_end_and_what_stands_behind_the_end_are_named(read: Reading) -> None:
    assert read(b'[{"a":1},', "orders/a.json").messages == [
        ": the array is cut off: its closing bracket is missing"
    ]
    assert read(b'{"a":1}\n{"a":2}', "orders/a.json").messages == [
        ": it stands behind the end of the document; JSON Lines are called .jsonl"
    ]


@pytest.mark.parametrize("chunk", [1, 10, 64, 1000])
def test_an_element_longer_than_the_limit_is_rejected_by_its_place(
    read: Reading, chunk: int
) -> None:
    long = b'{"a":"' + b"\\\\x,]" * 30 + b'\n"}'
    content = b'[{"a":1},\n ' + long + b',{"b":1},' + long + b"]"

    result = read(content, "orders/a.json", chunk=chunk, record_limit=40)

    assert result.counts == (2, 2)
    assert [rejection.raw for rejection in result.rejected] == [None, None]
    assert [
        content[rejection.position : rejection.position + rejection.length]
        for rejection in result.rejected
    ] == [long, long]
    assert [rejection.line for rejection in result.rejected] == [2, 3]


def test_a_document_longer_than_the_limit_is_rejected_by_its_place(read: Reading) -> None:
    content = b'{"a":"' + b"x" * 100 + b'"}'

    (rejection,) = read(content, "orders/a.json", chunk=7, record_limit=50).rejected

    assert (rejection.raw, rejection.position, rejection.length) == (None, 0, len(content))
