"""Where a large object of JSON Lines can be split, so that its parts are read side by side."""

from collections.abc import Iterator

from shared.records import Place


def range_places(chunks: Iterator[bytes], size: int, begin: Place) -> Iterator[Place]:
    r"""Yield the places at which ranges begin, each as soon as it is known.

    A range begins with the first line at or after each multiple of the size. The place from which
    the text is scanned is not among them: it begins a range in any case. So the scan can stop, and
    go on at any of the places, with the same ranges.

    Lines end with "\n"; they are counted, so that each part knows the numbers of its lines.

    Parameters
    ----------
    chunks : iterator of bytes
        The object as stored (not compressed), from ``begin`` on; 1 MiB each is a good size.
    size : int
        Bytes of a range, apart from the rest of its last line.
    begin : Place
        Where a line begins: ``Place(0, 1)`` for all of the object.
    """
    position, line = begin.position, begin.line
    target = _next(position, size)
    waiting: Place | None = None
    for chunk in chunks:
        if not chunk:
            continue
        if waiting is not None:
            yield waiting  # now that there is something in its range
            waiting = None
        end = position + len(chunk)
        counted = 0
        while target <= end:
            # A line begins at the target if the byte before it is a line end.
            start = chunk.find(b"\n", max(target - 1 - position, 0)) + 1
            if not start:
                break
            line += chunk.count(b"\n", counted, start)
            counted = start
            place = Place(position + start, line)
            target = _next(place.position, size)
            if start < len(chunk):
                yield place
            else:
                waiting = place
        line += chunk.count(b"\n", counted)
        position = end


def _next(position: int, size: int) -> int:
    """Return the first multiple of the size that is behind a position."""
    return (position // size + 1) * size
