"""The one error of the operator's commands."""

from __future__ import annotations


class OperationError(Exception):
    """A command cannot go on; the message says why and what to do next."""
