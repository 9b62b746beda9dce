"""The environment variables of a function, read once at cold start into a typed model."""

import re
from collections.abc import Callable, Mapping
from typing import Any

_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_TABLE_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class InvalidEnvironmentError(Exception):
    """The function's environment variables are wrong; the message lists every problem."""


class EnvironmentReader:
    """Reads variables, and collects every problem so that they are reported at once.

    Parameters
    ----------
    variables : mapping of str to str
        Usually ``os.environ``.

    Examples
    --------
    >>> reader = EnvironmentReader({"TABLE_NAME": "serverless-processed-data-dev"})
    >>> reader.table("TABLE_NAME")
    'serverless-processed-data-dev'
    >>> reader.check()
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._problems: list[str] = []

    def table(self, name: str) -> str:
        """Read a DynamoDB table name."""
        return self._read(name, _TABLE_NAME.fullmatch, "a table name: 3-255 of A-Z a-z 0-9 _ . -")

    def bucket(self, name: str) -> str:
        """Read an S3 bucket name."""
        return self._read(name, _BUCKET_NAME.fullmatch, "a bucket name: 3-63 of a-z 0-9 . -")

    def url(self, name: str) -> str:
        """Read an http or https URL."""
        return self._read(name, re.compile(r"https?://\S+").fullmatch, "a URL (https://...)")

    def text(self, name: str) -> str:
        """Read a text that is not empty."""
        return self._read(name, bool, "a text that is not empty")

    def matching(self, name: str, pattern: re.Pattern[str], meaning: str) -> str:
        """Read a text that matches a regular expression as a whole."""
        return self._read(name, pattern.fullmatch, meaning)

    def listed(self, name: str, pattern: re.Pattern[str], meaning: str) -> tuple[str, ...]:
        """Read texts that match a regular expression, separated by commas; none when not set."""
        value = self._variables.get(name) or ""
        found = tuple(one.strip() for one in value.split(",") if one.strip())
        if not all(pattern.fullmatch(one) for one in found):
            self._problems.append(f"{name} is {value!r}; it must be {meaning}, between commas")
        return found

    def regions(self, name: str) -> tuple[str, ...]:
        """Read names of regions, separated by commas; none when not set."""
        return self.listed(name, re.compile("[a-z]{2}(-[a-z]+)+-[0-9]"), "regions (us-east-1)")

    def log_level(self, name: str) -> str:
        """Read a log level; INFO when the variable is not set."""
        return self._read(
            name, _LOG_LEVELS.__contains__, f"one of {', '.join(_LOG_LEVELS)}", "INFO"
        )

    def whole_number(
        self, name: str, *, lowest: int, highest: int, default: int | None = None
    ) -> int:
        """Read a whole number within bounds."""

        def allowed(text: str) -> bool:
            return text.isascii() and text.isdigit() and lowest <= int(text) <= highest

        given_default = None if default is None else str(default)
        text = self._read(
            name, allowed, f"a whole number from {lowest} to {highest}", given_default
        )
        return int(text) if allowed(text) else lowest

    def check(self) -> None:
        """Raise when a variable was missing or wrong.

        Raises
        ------
        InvalidEnvironmentError
            With one line per variable: its name, its value, and what is allowed.
        """
        if self._problems:
            raise InvalidEnvironmentError("; ".join(self._problems))

    def _read(
        self, name: str, allowed: Callable[[str], Any], meaning: str, default: str | None = None
    ) -> str:
        value = self._variables.get(name, default)
        if value is None:
            self._problems.append(f"{name} is not set; it must be {meaning}")
            return ""
        if not allowed(value):
            self._problems.append(f"{name} is {value!r}; it must be {meaning}")
        return value
