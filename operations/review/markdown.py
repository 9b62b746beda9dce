"""The review as Markdown for a comment of a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from operations.review.dangers.model import KINDS, together
from operations.review.report import Entry, Review

# GitHub and GitLab refuse or cut longer texts; GitHub's limit for a comment is 65,536 characters.
LIMIT = 65_536
_RESERVE = 400  # for what says that it was cut
_SIGNS = {
    "create": "🆕",
    "update": "✏️",
    "replace": "♻️",
    "delete": "🗑️",
    "forget": "👋",
    "none": "➡️",
}
_OPEN_LINES = 8  # a resource with more lines is collapsed


def markdown(review: Review, limit: int = LIMIT) -> str:
    """Return the review as Markdown, cut at a whole line where it is too long.

    Parameters
    ----------
    review
        What would happen.
    limit
        How many characters it may have at most.
    """
    lines: list[str] = []
    room = limit - _RESERVE
    every = list(_lines(review))
    for line in every:
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    else:
        return "\n".join(every) + "\n"
    left = len(every) - len(lines)
    starts = [line.lstrip() for line in lines]
    if sum(line.startswith("```") for line in starts) % 2:
        lines.append("```")
    opened = sum(line.startswith("<details>") - line.startswith("</details>") for line in starts)
    lines += ["", "</details>"] * opened
    lines += ["", f"**Cut here: about {left} more lines.** All of it is in `build/review.json`."]
    return "\n".join(lines) + "\n"


def _lines(review: Review) -> Iterator[str]:
    yield f"### Plan of {review.headline()}"
    yield from _dangers(review)
    for note in review.notes():
        yield from ("", f"> **Note:** {_plain(note)}")
    for (capability, region), entries in review.groups().items():
        yield from ("", f"#### {capability}, {region}", "")
        for entry in entries:
            yield from _entry(entry)
    drift = review.drift()
    if drift:
        yield from ("", "#### Changed outside of Terraform since its last run", "")
        for entry in drift:
            yield from _entry(entry)
    folded = review.folded()
    if folded:
        yield from _collapsed("Folded away", [f"- {code(line)}" for line in folded])


def _dangers(review: Review) -> Iterator[str]:
    if not review.dangers:
        return
    waits = len(review.unapproved)
    yield from ("", "> [!CAUTION]" if waits else "> [!WARNING]")
    yield f"> {waits} dangerous, not approved." if waits else "> Dangerous, and approved."
    for kind, title in KINDS.items():
        found = [each for each in review.dangers if each.kind == kind]
        if found:
            yield from ("", f"**{title.capitalize()}**", "")
        for (what, why), alike in together(found).items():
            yield f"- {code(what)}  "
            yield f"  {_plain(why)}"
            for each in alike:
                reason = (review.approvals or {}).get(each.name)
                state = f"approved: {_plain(reason)}" if reason else f"to approve: `{each.name}`"
                sign = "✅" if reason else "❌"
                yield f"  - {sign} **{_plain(each.label)}**, {each.region}, {state}"
    if waits:
        approvals = [f'{each.name} = "..."' for each in review.unapproved]
        where = f"To approve, put into {review.approvals_file}, with your reasons"
        yield from _collapsed(where, ["```toml", "[approved]", *approvals, "```"])


def _entry(entry: Entry) -> Iterator[str]:
    change, lines = entry.change, entry.differences.lines
    names = ", ".join([change.label, *entry.alike])
    words = [f"{_SIGNS[change.action]} {_plain(names)}"]
    if entry.parts:
        words.append(f"with {', '.join(entry.parts)}")
    words += [f"({_plain(more)})" for more in (change.reason, change.origin) if more]
    head = ", ".join(words[:2]) if entry.parts else " ".join(words)
    if change.action == "create" or len(lines) > _OPEN_LINES:
        if not lines:
            yield f"- {head}"
            return
        yield f"- {head}"
        inner = (f"  {line}" if line else "" for line in _listed(lines))
        yield from ("  <details><summary>details</summary>", "", *inner, "", "  </details>")
        return
    yield f"- {head}"
    yield from (f"  {line}" for line in _listed(lines))


def _listed(lines: tuple[str, ...]) -> list[str]:
    return [f"- {code(line)}" for line in lines]


def _collapsed(title: str, lines: list[str]) -> Iterator[str]:
    yield from ("", f"<details><summary>{_plain(title)}</summary>", "", *lines, "", "</details>")


def code(text: str) -> str:
    """Return a text as code, whatever is in it."""
    flat = " ".join(text.split())
    fence = "`" * (max((len(run) for run in re.findall("`+", flat)), default=0) + 1)
    space = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{space}{flat}{space}{fence}"


def _plain(text: str) -> str:
    """Return a text in which nothing is Markdown, a link or a mention."""
    flat = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*_\[\]|~#])", r"\\\1", flat).replace("@", "@&#8203;")
