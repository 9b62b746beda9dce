"""What is wrong in a file that a person wrote, told so that the person can put it right."""

import difflib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline import PipelineError

_LONGEST_VALUE = 80
MISSING: Any = object()
"""Stands for a value that the file does not have."""


@dataclass(frozen=True)
class Problem:
    """One wrong setting.

    Parameters
    ----------
    file : str
        The file as the user knows it, such as ``environments/dev.toml``.
    key : str
        Dotted key inside the file; empty when the whole file is wrong.
    value : Any
        The value found, or ``MISSING``.
    allowed : str
        What is allowed there, as the end of a sentence.
    """

    file: str
    key: str
    value: Any
    allowed: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.key}" if self.key else self.file
        found = "" if self.value is MISSING else f" = {shown(self.value)}"
        return f"{place}{found}: {self.allowed}"


class ConfigurationError(PipelineError):
    """Files that describe the deployment are wrong; carries every problem found, not the first.

    Parameters
    ----------
    problems : sequence of Problem
        At least one.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        title = "1 problem" if count == 1 else f"{count} problems"
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(f"{title} in the configuration:\n{lines}")


def shown(value: Any) -> str:
    """Return a value as it looks in the file, cut to a readable length."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean x?"`` for the nearest known word, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def listed(words: Iterable[str]) -> str:
    """Return words as ``a, b or c``."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
