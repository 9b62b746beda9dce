"""S3's answers: objects that are made while they are read, and writes that go nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from benchmarks.content import Content
from benchmarks.stub.http import Answer, Request, answer

_RANGE = re.compile(rb"bytes=(\d+)-(\d*)")
_PIECE = 256 * 1024
_DESCRIPTION = (
    b'ETag: "00000000000000000000000000000000"\r\nx-amz-version-id: benchmark-version\r\n'
    b"Last-Modified: Fri, 20 Nov 2026 09:00:00 GMT\r\nAccept-Ranges: bytes\r\n"
    b"Content-Type: application/octet-stream\r\n"
)
_UPLOAD = b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"


def s3_answer(request: Request) -> Answer:
    """Answer GetObject, HeadObject and whatever writes."""
    if request.method not in (b"GET", b"HEAD"):
        return Answer(answer(_UPLOAD if request.method == b"POST" else b"", headers=_DESCRIPTION))
    _, _, key = unquote(urlsplit(request.path).path).lstrip("/").partition("/")
    try:
        content = Content.of(key)
    except ValueError:
        return Answer(answer(status=b"404 Not Found"))
    size = content.size
    if request.method == b"HEAD":
        return Answer(answer(headers=_DESCRIPTION, length=size))
    begin, end, status, headers = 0, size, b"200 OK", _DESCRIPTION
    asked = _RANGE.match(request.header(b"range") or b"")
    if asked is not None:
        begin, end = int(asked[1]), min(int(asked[2] or size - 1) + 1, size)
        status = b"206 Partial Content"
        headers += b"Content-Range: bytes %d-%d/%d\r\n" % (begin, end - 1, size)
    head = answer(status=status, headers=headers, length=end - begin)
    return Answer(head, _pieces(content, begin, end))


def _pieces(content: Content, begin: int, end: int) -> Iterator[bytes]:
    """Join what is made into pieces that are worth a system call."""
    held: list[bytes] = []
    length = 0
    for made in content.read(begin, end):
        held.append(made)
        length += len(made)
        if length >= _PIECE:
            yield b"".join(held)
            held.clear()
            length = 0
    if held:
        yield b"".join(held)
