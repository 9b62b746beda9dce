"""The data path's results as a chart: SVG that a page shows as it is."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from benchmarks.table import name_of

_PANELS = (
    ("cpu_us_per_record", "CPU per record (µs, less is better)"),
    ("records_per_s_5ms", "records/s, answers after 5 ms (more is better)"),
)
_WIDTH, _ROW, _HEAD, _LABEL, _BAR = 720, 26, 40, 230, 400
_OWN, _OTHER = "#2a7f62", "#9aa5b1"


def chart(found: dict[str, dict[str, float]]) -> str:
    """Return the chart of ``data_path``; bars are linear and begin at zero."""
    height = len(_PANELS) * (_HEAD + _ROW * len(found)) + 10
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"'
        ' font-family="sans-serif" font-size="13" role="img">',
        "<title>From S3 to DynamoDB: four ways</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        *_panels(found),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _panels(found: dict[str, dict[str, float]]) -> Iterator[str]:
    top = 0
    for figure, title in _PANELS:
        yield f'<text x="10" y="{top + 26}" font-weight="bold">{escape(title)}</text>'
        largest = max(row[figure] for row in found.values())
        for number, (peer, row) in enumerate(found.items()):
            yield from _bar(peer, row[figure], largest, top + _HEAD + number * _ROW)
        top += _HEAD + _ROW * len(found)


def _bar(peer: str, value: float, largest: float, y: int) -> Iterator[str]:
    width = max(1.0, _BAR * value / largest)
    colour = _OWN if peer == "pipeline" else _OTHER
    shown = f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
    yield f'<text x="10" y="{y + 14}">{escape(name_of(peer))}</text>'
    yield f'<rect x="{_LABEL}" y="{y + 2}" width="{width:.1f}" height="16" fill="{colour}"/>'
    yield f'<text x="{_LABEL + width + 6:.1f}" y="{y + 14}">{shown}</text>'
