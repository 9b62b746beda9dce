"""Continuous integration (rows C7, F7)."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from pipeline.config.section import Section

_REPOSITORY = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9])*/[A-Za-z0-9._-]+")


def _repository(name: str) -> str:
    if not _REPOSITORY.fullmatch(name):
        raise ValueError('must be a repository of GitHub as "owner/name"')
    return name


class Ci(Section):
    """``repository``: the GitHub repository whose jobs may plan and deploy; none without it."""

    repository: Annotated[str, Field(max_length=140), AfterValidator(_repository)] | None = None
