"""Approvals of dangerous changes: ``environments/approvals/<environment>.toml``.

They are in version control beside what they approve of, so that the same pull request shows both.
A name has a hash of exactly one change in it: when the change is another one, the approval fits
nothing any more.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from operations.errors import OperationError

_TABLE = "approved"


def approvals_file(folder: Path, environment: str) -> Path:
    """Return the file with the approvals of an environment.

    Parameters
    ----------
    folder
        The folder of the environment files.
    environment
        The environment's name.
    """
    return folder / "approvals" / f"{environment}.toml"


def read_approvals(file: Path) -> dict[str, str]:
    """Return the approved names, each with its reason; nothing when there is no file.

    Raises
    ------
    OperationError
        With everything that is wrong in the file.
    """
    if not file.exists():
        return {}
    shown = "/".join(file.parts[-3:])
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OperationError(f"{shown}: is not TOML: {error}") from error
    problems = [
        f"{shown}: {key}: is not known; there is only the table [{_TABLE}]"
        for key in content
        if key != _TABLE
    ]
    given = content.get(_TABLE, {})
    if not isinstance(given, dict):
        problems.append(f"{shown}: {_TABLE} = {given!r}: must be a table of names and reasons")
        given = {}
    problems += [
        f"{shown}: {_TABLE}.{name} = {reason!r}: must be the reason, as text"
        for name, reason in given.items()
        if not isinstance(reason, str) or not reason.strip()
    ]
    if problems:
        raise OperationError("\n".join(problems))
    return given
