"""The review: all plans of an environment, grouped, counted and judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from operations.review import naming
from operations.review.at_once import changed_at_once
from operations.review.changes import Change, Plan
from operations.review.dangers import find
from operations.review.dangers.model import Danger
from operations.review.differences import Differences, differences

_VERBS = {"create": "add", "update": "change", "replace": "replace", "delete": "destroy"}


@dataclass(frozen=True)
class Entry:
    """One resource in the review.

    Parameters
    ----------
    change
        What Terraform would do.
    differences
        What changes in it.
    parts
        What else of it is made at the same time, in words: "policy", "versioning".
    alike
        The names of other resources of the kind with the same change.
    """

    change: Change
    differences: Differences
    parts: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()


@dataclass(frozen=True)
class Review:
    """What would happen to an environment.

    Parameters
    ----------
    environment, account
        Its name and its AWS account id.
    plans
        Stack -> its plan.
    waiting
        Stacks that cannot be planned yet.
    approvals
        Approved names -> reason.
    approvals_file
        Where they are, for people.
    by_release
        Whether new versions of functions come into use by a release, and not by the apply.
    """

    environment: str
    account: str
    plans: Mapping[str, Plan]
    waiting: Sequence[str] = ()
    approvals: Mapping[str, str] | None = None
    approvals_file: str = ""
    by_release: bool = False

    @cached_property
    def all(self) -> list[Change]:
        """Return every resource, also those that stay as they are."""
        return [change for plan in self.plans.values() for change in plan.changes]

    @cached_property
    def dangers(self) -> list[Danger]:
        """Return every danger, approved or not."""
        return find(self.all, self.account)

    @property
    def unapproved(self) -> list[Danger]:
        """Return the dangers that nobody approved of."""
        return [each for each in self.dangers if each.name not in (self.approvals or {})]

    @property
    def unused(self) -> list[str]:
        """Return the approvals that fit no danger."""
        return sorted(set(self.approvals or {}) - {each.name for each in self.dangers})

    @cached_property
    def counts(self) -> dict[str, int]:
        """Return how many resources would be added, changed, replaced and destroyed."""
        found = Counter(each.action for each in self.all)
        return {word: found[action] for action, word in _VERBS.items()}  # type: ignore[index]

    @cached_property
    def entries(self) -> list[Entry]:
        """Return what changes; a bucket that is made with its policy is one entry."""
        made: dict[tuple[str, str], list[Change]] = {}
        found = []
        for change in self.all:
            if change.action == "create" and not change.origin:
                made.setdefault((change.name, change.region), []).append(change)
            elif change.action != "none" or change.origin:
                found.append(Entry(change, differences(change)))
        for together in made.values():
            first, *rest = sorted(together, key=lambda each: (len(each.kind), each.kind))
            parts = Counter(naming.part_in_words(each.kind, first.kind) for each in rest)
            words = [f"{count} of {part}" if count > 1 else part for part, count in parts.items()]
            lines = [line for each in together for line in differences(each).lines]
            found.append(Entry(first, Differences(tuple(lines), (), ()), tuple(sorted(words))))
        return found

    @cached_property
    def noise(self) -> list[Entry]:
        """Return the entries of which nothing but noise changes."""
        return [each for each in self.entries if _is_noise(each)]

    def groups(self) -> dict[tuple[str, str], list[Entry]]:
        """Return what a person reads, by capability and region."""
        found: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.entries:
            if not _is_noise(entry):
                change = entry.change
                key = (naming.capability(change.kind), change.region)
                found.setdefault(key, []).append(entry)
        order = [*naming.CAPABILITIES, "Other"]
        keys = sorted(found, key=lambda key: (order.index(key[0]), key[1]))
        return {key: _together(found[key]) for key in keys}

    def folded(self) -> list[str]:
        """Return the noise in a few lines."""
        kinds = Counter(kind for each in self.entries for kind in each.differences.folded)
        tags = Counter(tag for each in self.entries for tag in each.differences.tags)
        lines = [f"{kind}: {_resources(n)}" for kind, n in sorted(kinds.items()) if kind != "tags"]
        lines += [f"tag {tag}: {_resources(count)}" for tag, count in sorted(tags.items())]
        return lines

    def headline(self) -> str:
        """Return all of it in one line."""
        parts = [f"{count} to {word}" for word, count in self.counts.items() if count]
        words = ", ".join(parts) or "no changes"
        noise = sum(each.change.action == "update" for each in self.noise)
        if noise:
            change = f"{self.counts['change']} to change"
            words = words.replace(change, f"{change} ({noise} of them noise)")
        if self.dangers:
            words += f", {len(self.dangers)} dangerous"
            approved = len(self.dangers) - len(self.unapproved)
            if approved:
                words += f" ({approved} approved)" if self.unapproved else " (approved)"
        return f"{self.environment}: {words}"

    def notes(self) -> list[str]:
        """Return what a person has to know besides."""
        found = [note for plan in self.plans.values() for note in plan.notes]
        if self.waiting:
            stacks = " and ".join(self.waiting)
            found.append(
                f"{stacks} cannot be planned, nor reviewed, before the deploy has made what they"
                " look up"
            )
        found += [
            f"the approval {name} fits no change: remove it from {self.approvals_file}"
            for name in self.unused
        ]
        if self.by_release:
            found += [
                f"in use at once, when it is applied, and not step by step: {each}"
                for each in changed_at_once(self.all)
            ]
        return found

    def drift(self) -> list[Entry]:
        """Return what was changed outside of Terraform since its last run."""
        found = [
            Entry(each, differences(each, of_the_configuration=True))
            for plan in self.plans.values()
            for each in plan.drift
        ]
        return [each for each in found if each.differences.lines or each.change.action == "delete"]


def _together(entries: Sequence[Entry]) -> list[Entry]:
    """Return one entry for what is alike, sorted."""
    found: dict[tuple[object, ...], list[Entry]] = {}
    for entry in sorted(entries, key=lambda each: (each.change.action, each.change.label)):
        change = entry.change
        same = (change.kind, change.action, change.reason, entry.parts, entry.differences.lines)
        found.setdefault((*same, change.origin), []).append(entry)
    return [
        replace(first, alike=tuple(each.change.name for each in rest))
        for first, *rest in found.values()
    ]


def _is_noise(entry: Entry) -> bool:
    change = entry.change
    is_package = change.kind == "aws_s3_object" and "new code" in entry.differences.folded
    is_layer = change.kind == "aws_lambda_layer_version" and change.action == "replace"
    same = change.action == "update" and not entry.differences.lines and not change.origin
    return same or is_layer or (is_package and not entry.differences.lines)


def _resources(count: int) -> str:
    return f"{count} resource{'s' if count > 1 else ''}"
