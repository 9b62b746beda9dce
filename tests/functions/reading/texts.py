"""Texts of objects as the world sends them: good records, bad ones, and what lies between."""

import gzip

from hypothesis import strategies as st

FORMATS = ["jsonl", "json", "csv"]

_scraps = st.sampled_from(
    [
        *(b'{"a":1}', b'{"a":', b"[", b"]", b"{", b"}", b",", b'"', b"\\", b"\n", b"\r\n", b" "),
        *(b'{"b":"x,\\"]"}', b"},{", b'"a""b"', b"\xff", b"\0", b"1,2", b"\xef\xbb\xbf", b"x"),
    ]
)
_rubbish = st.lists(_scraps, max_size=25).map(b"".join)
_whole = st.lists(_rubbish | st.just(b'{"a":1},{"a":2}'), max_size=3).map(
    lambda parts: b"[" + b",".join(parts) + b"]"
)
contents = st.one_of(_rubbish, _whole, st.binary(max_size=60))
"""Whatever may be in an object of any name."""

_blanks = st.sampled_from([b"", b"", b"", b"\n", b" ", b"\r\n", b"\n\n", b"\t"])
_elements = st.sampled_from(
    [
        *(b'{"a":1}', b'{"a":[1,{"b":"]"}]}', b'{"a":"x\\"},{"}', b'{"a":\n "2"\n}', b'{"a":}'),
        *(b"", b"1", b"[1,2]", b'{"a":1}}', b'{"a":1 {"b":2}', b'{"a":"\xff"}', b'{"a":1,"a":2}'),
        *(b'{"a":"' + b"y" * 40 + b'"}', b'{"a":"\xc3\xa9"}'),
    ]
)
_lines = st.one_of(_elements.map(lambda text: text.replace(b"\n", b" ")), _blanks, _rubbish)
_json_lines = st.lists(
    st.tuples(_lines, st.sampled_from([b"\n", b"\n", b"\r\n"])).map(b"".join), max_size=10
).map(b"".join)
_surrounded = st.tuples(_blanks, _elements, _blanks).map(b"".join)
_ends = st.sampled_from([b"]", b"]", b"]", b"", b",]", b'] {"a":1}', b"]]", b' "x'])
_arrays = st.tuples(_blanks, st.lists(_surrounded, max_size=8).map(b",".join), _ends).map(
    lambda parts: parts[0] + b"[" + parts[1] + parts[2]
)
_cells = st.sampled_from(
    [
        *(b"", b"1", b"x y", b'"a,b"', b'"two\nlines"', b'"two\r\nlines"', b'"a""b"', b'"open'),
        *(b'"a"b', b"\xff", b"\0", b"a\rb", b"z" * 40, b'"' + b"z\n" * 20 + b'"'),
    ]
)
_rows = st.lists(_cells, min_size=1, max_size=3).map(b",".join) | st.tuples(_cells, _cells).map(
    b",".join
)
_headers = st.sampled_from([b"a,b", b"a,b", b'"a\nx",b', b"a,a", b"a;b", b"a,b\0", b'"a', b""])
_csv = st.tuples(
    _headers,
    st.lists(
        st.tuples(st.sampled_from([b"\n", b"\r\n", b"\n\n"]), _rows).map(b"".join), max_size=8
    ).map(b"".join),
    st.sampled_from([b"", b"\n"]),
).map(b"".join)
_marked = st.sampled_from([b"", b"", b"", b"\xef\xbb\xbf"])


def texts(form: str) -> st.SearchStrategy[bytes]:
    """Return texts of a format, most with several records, few without a mistake."""
    usual = {"jsonl": _json_lines, "json": _arrays, "csv": _csv}[form]
    mostly = st.integers(0, 3).flatmap(lambda n: usual if n else contents)
    return st.tuples(_marked, mostly).map(b"".join)


@st.composite
def packed(draw: st.DrawFn, text: bytes) -> bytes:
    """Return gzip of a text in one member or two, whole or cut off or damaged."""
    middle = draw(st.integers(0, len(text)))
    members = [text] if draw(st.booleans()) else [text[:middle], text[middle:]]
    whole = bytearray(b"".join(gzip.compress(member, mtime=0) for member in members))
    damage = draw(st.sampled_from(["none", "none", "cut off", "damaged"]))
    if damage == "cut off":
        return bytes(whole[: draw(st.integers(3, len(whole)))])
    if damage == "damaged":
        whole[draw(st.integers(2, len(whole) - 1))] ^= draw(st.integers(1, 255))
    return bytes(whole)
