"""One embedded AWS for all tests of it; tests make resources with names of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from embedded_aws.server import EmbeddedAws, start

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "123456789012"


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """Return a started embedded AWS of account 123456789012."""
    with start(ACCOUNT, cache=tmp_path_factory.mktemp("embedded-aws")) as running:
        yield running
