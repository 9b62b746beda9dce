"""The elements of a JSON array as they stream by, never the whole array in memory.

Elements are cut at the commas of the outermost level; whether an element is JSON is decided
later, so that a broken one costs only itself: reading goes on behind the next comma.

Two ways give the same cuts. The quick one lets msgspec split a block of whole elements: what it
accepts as a list can only be cut there. The scanner goes from bracket to bracket, for what is
broken, very long, or last.
"""

import re
from collections.abc import Generator, Iterator

import msgspec

from shared.framing import Frame, too_long, unreadable_rest
from shared.records import Rejection

_SPLITTER = msgspec.json.Decoder(list[msgspec.Raw])
_SEPARATION = re.compile(rb"[ \t\r\n]*,?[ \t\r\n]*")
_BLANK = re.compile(rb"[ \t\r\n]*")
_STRUCTURE = re.compile(rb'["{}\[\],]')
_IN_STRING = re.compile(rb'["\\]')
_BLANKS = b" \t\r\n"
_CANDIDATES = 4


class ArrayScanner:
    """Cuts what follows the opening bracket of an array into elements.

    Parameters
    ----------
    position : int
        Byte offset of the first byte behind the bracket.
    line : int
        The line on which it is.
    limit : int
        Bytes of an element that are kept at most.
    goes_on : bool
        Whether an element begins at the position instead: only an array's first may be missing.
    """

    def __init__(self, position: int, line: int, limit: int, *, goes_on: bool = False) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._start = 0  # of the element in the buffer
        self._scanned = 0  # the scanner has been through the buffer up to here
        self._position = position  # of the element in the object
        self._line = line
        self._let_go = 0  # bytes of a too long element that are no longer in the buffer ...
        self._lines_let_go = 0  # ... and the line ends in them
        self._depth = 0
        self._in_string = False
        self._has_comma = goes_on
        self.closed = False

    def feed(self, block: bytes) -> Iterator[Frame | Rejection]:
        """Yield the elements that a block completes."""
        self._buffer += block
        untouched = self._scanned == self._start and not self._let_go
        if untouched and (yield from self._split()):
            return
        if (yield from self._scan_element()) and not self.closed and (yield from self._split()):
            return
        while (yield from self._scan_element()):
            pass
        self._forget()

    def finish(self, failure: str | None) -> Iterator[Frame | Rejection]:
        """Yield what the text's end leaves: elements, and a rejection if the array is not closed.

        What stands behind the last comma of an array that is cut off is one rejected record, even
        if it is empty: otherwise the loss of the records behind it would go unnoticed.
        """
        while (yield from self._scan_element()):
            pass
        if not self.closed:
            message = failure or "the array is cut off: its closing bracket is missing"
            yield self._rejected(len(self._buffer), message)

    def behind(self) -> tuple[int, int, bytes]:
        """Return position, line and bytes of what is in the buffer behind the closing bracket."""
        return self._position, self._line, bytes(self._buffer[self._start :])

    def _split(self) -> Generator[Frame | Rejection, None, bool]:
        """Yield the whole elements at the buffer's beginning, if msgspec can tell them."""
        end = len(self._buffer)
        if end - self._start > self._limit:
            return False  # an element might be too long: the scanner measures
        for _ in range(_CANDIDATES):
            end = self._buffer.rfind(b"},", self._start, end)
            if end < 0:
                break
            text = b"[%b]" % bytes(self._buffer[self._start : end + 1])
            try:
                elements = _SPLITTER.decode(text)
            except (msgspec.DecodeError, RecursionError):
                continue
            yield from self._whole(text, elements)
            self._advance(end + 2)
            self._has_comma = True
            self._forget()
            return True
        return False

    def _whole(self, text: bytes, elements: list[msgspec.Raw]) -> Iterator[Frame]:
        at = counted = 1  # behind the bracket
        line = self._line
        position = self._position - 1
        for element in elements:
            match = _SEPARATION.match(text, at)
            at = match.end() if match else at
            if text.find(b"\n", counted, at) >= 0:
                line += text.count(b"\n", counted, at)
            raw = bytes(element)
            yield Frame(position + at, line, raw)
            line += raw.count(b"\n")
            at = counted = at + len(raw)

    def _scan_element(self) -> Generator[Frame | Rejection, None, bool]:
        """Go from one structural byte to the next, up to the end of one element.

        Returns whether there may be more in the buffer.
        """
        buffer = self._buffer
        while not self.closed:
            expression = _IN_STRING if self._in_string else _STRUCTURE
            match = expression.search(buffer, self._scanned)
            if match is None:
                # An escape at the end of the buffer may have gone one byte further.
                self._scanned = max(self._scanned, len(buffer))
                return False
            byte = match[0]
            self._scanned = match.end()
            if byte == b'"':
                self._in_string = not self._in_string
            elif byte == b"\\":
                self._scanned += 1
            elif byte in b"{[":
                self._depth += 1
            elif self._depth > 0:
                self._depth -= byte != b","
            elif byte == b",":
                yield self._cut(match.start())
                self._has_comma = True
                return True
            elif byte == b"]":
                yield from self._close(match.start())
        return False

    def _close(self, end: int) -> Iterator[Frame | Rejection]:
        self.closed = True
        is_blank = not self._let_go and not self._buffer[self._start : end].strip(_BLANKS)
        if is_blank and not self._has_comma:
            self._advance(end + 1)
        else:
            yield self._cut(end)

    def _cut(self, end: int) -> Frame | Rejection:
        """Return the element that ends in the buffer where a comma or the closing bracket is."""
        self._skip_blanks(end)
        position, line = self._position, self._line
        length = self._let_go + end - self._start
        if length > self._limit:
            result: Frame | Rejection = too_long(position, line, length, self._limit)
        else:
            raw = bytes(self._buffer[self._start : end].rstrip(_BLANKS))
            result = Frame(position, line, raw)
        self._advance(end + 1)
        return result

    def _rejected(self, end: int, message: str) -> Rejection:
        self._skip_blanks(end)
        length = self._let_go + end - self._start
        raw = None if length > self._limit else bytes(self._buffer[self._start : end])
        return unreadable_rest(self._position, self._line, raw, length, message)

    def _skip_blanks(self, end: int) -> None:
        if self._let_go:
            return
        match = _BLANK.match(self._buffer, self._start, end)
        if match is not None and match.end() > self._start:
            scanned = self._scanned
            self._advance(match.end())
            self._scanned = max(scanned, self._start)

    def _advance(self, end: int) -> None:
        """Let the next element begin at a place of the buffer."""
        if self._let_go:
            self._position += self._let_go
            self._line += self._lines_let_go
            self._let_go = self._lines_let_go = 0
        self._position += end - self._start
        self._line += self._buffer.count(b"\n", self._start, end)
        self._start = end
        self._scanned = end

    def _forget(self) -> None:
        """Free the buffer of what was cut, and of an element that is too long."""
        self._skip_blanks(len(self._buffer))
        unfinished = len(self._buffer) - self._start
        if not self.closed and self._let_go + unfinished > self._limit:
            self._let_go += unfinished
            self._lines_let_go += self._buffer.count(b"\n", self._start)
            self._start = len(self._buffer)
        del self._buffer[: self._start]
        self._scanned -= self._start
        self._start = 0
