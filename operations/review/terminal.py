"""The review for a terminal; colours only where there is one, and never with ``NO_COLOR``."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from operations.review.dangers.model import KINDS, together
from operations.review.report import Entry, Review

_SIGNS = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "replace": ("±", "bold red"),
    "delete": ("-", "bold red"),
    "forget": ("o", "yellow"),
    "none": ("»", "cyan"),
}
_NO_TERMINAL_WIDTH = 120
_DETAILED = 25  # so many new resources at most are shown with the statements of their policies
_LINES = 30  # of one resource


def show(review: Review) -> None:
    """Print the review."""
    console = Console(highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console = Console(
            highlight=False, emoji=False, markup=False, width=_NO_TERMINAL_WIDTH, color_system=None
        )
    for part in _parts(review):
        console.print(part)


def _parts(review: Review) -> Iterator[RenderableType]:
    yield Text(f"\n{review.headline()}", "bold")
    yield from _dangers(review)
    detailed = review.counts["add"] <= _DETAILED
    for (capability, region), entries in review.groups().items():
        yield Text(f"\n{capability}, {region}", "bold")
        for entry in entries:
            yield from _entry(entry, detailed)
    drift = review.drift()
    if drift:
        yield Text("\nChanged outside of Terraform since its last run", "bold")
        for entry in drift:
            yield from _entry(entry, detailed=True)
    folded = review.folded()
    if folded:
        yield Text("\nFolded away", "bold dim")
        yield from (_indented(Text(line, "dim"), 2) for line in folded)
    for note in review.notes():
        yield Text(f"\nnote: {note}")
    yield from _ending(review)


def _dangers(review: Review) -> Iterator[RenderableType]:
    for kind, title in KINDS.items():
        found = [each for each in review.dangers if each.kind == kind]
        if not found:
            continue
        yield Text(f"\nDangerous: {title}", "bold red")
        for (what, why), alike in together(found).items():
            yield _indented(Text(what), 2)
            yield _indented(Text(why, "italic"), 2)
            for each in alike:
                reason = (review.approvals or {}).get(each.name)
                sign, style = ("✓", "green") if reason else ("✗", "bold red")
                head = Text.assemble((f"{sign} ", style), (each.label, "bold"), f", {each.region}")
                yield _indented(head, 4)
                approved = f"approved: {reason}" if reason else f"to approve: {each.name}"
                yield _indented(Text(approved, "green" if reason else "cyan"), 6)


def _entry(entry: Entry, detailed: bool) -> Iterator[RenderableType]:
    change = entry.change
    sign, style = _SIGNS[change.action]
    head = Text.assemble((f"{sign} ", style), change.label)
    if entry.parts:
        head.append(f", with {', '.join(entry.parts)}", "dim")
    for more in (change.reason, change.origin):
        if more:
            head.append(f" ({more})", "dim")
    if change.action == "forget":
        head.append(" stays, and Terraform forgets it", "dim")
    yield _indented(head, 2)
    yield from (_indented(Text(name), 4) for name in entry.alike)
    if change.action != "create" or detailed:
        lines = entry.differences.lines
        yield from (_indented(Text(line), 6) for line in lines[:_LINES])
        if len(lines) > _LINES:
            yield _indented(Text(f"... and {len(lines) - _LINES} more", "dim"), 6)


def _ending(review: Review) -> Iterator[RenderableType]:
    if not review.unapproved:
        return
    yield Text(
        f"\nTo approve of what is dangerous, put into {review.approvals_file}, with your reasons:\n"
    )
    lines = ["[approved]", *(f'{each.name} = "..."' for each in review.unapproved)]
    yield from (Text(f"  {line}", no_wrap=True, overflow="ignore") for line in lines)


def _indented(content: Text, columns: int) -> Padding:
    return Padding(content, (0, 0, 0, columns), expand=False)
