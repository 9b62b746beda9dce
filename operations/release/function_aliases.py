"""The aliases of a region's functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from operations.region import Region
from operations.release.alias import Alias
from operations.release.record import Versions
from pipeline.naming import FUNCTIONS, LIVE


class OutdatedError(Exception):
    """Somebody has moved the alias since it was read."""


class FunctionAliases:
    """The aliases ``live`` of the functions of a region.

    Parameters
    ----------
    region
        The region.
    """

    def __init__(self, region: Region) -> None:
        self._lambda = region.client("lambda")
        self.names = [region.names.function(each) for each in FUNCTIONS]

    def read(self, name: str) -> Alias | None:
        """Return the alias of a function, if there is one."""
        try:
            found = self._lambda.get_alias(FunctionName=name, Name=LIVE)
        except self._lambda.exceptions.ResourceNotFoundException:
            return None
        return _alias(name, found)

    def newest(self, name: str) -> str:
        """Return the version that was published last."""
        pages = self._lambda.get_paginator("list_versions_by_function")
        found: Iterator[str] = (
            each["Version"]
            for page in pages.paginate(FunctionName=name)
            for each in page["Versions"]
        )
        return max((each for each in found if each.isdigit()), key=int)

    def shift(self, alias: Alias, versions: Versions, percent: int) -> None:
        """Let green have a share of the calls.

        Raises
        ------
        OutdatedError
            Somebody has moved the alias since it was read; or this very update has, whose answer
            was lost and which was sent again.
        """
        version = versions.green if percent == 100 else versions.blue
        weights = {versions.green: percent / 100} if 0 < percent < 100 else {}
        try:
            self._lambda.update_alias(
                FunctionName=alias.name,
                Name=LIVE,
                FunctionVersion=version,
                RoutingConfig={"AdditionalVersionWeights": weights},
                RevisionId=alias.revision,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailedException":
                raise
            raise OutdatedError from error

    @staticmethod
    def how_to_reset(name: str) -> str:
        """Return the command that takes the weights away."""
        return (
            f"aws lambda update-alias --function-name {name} --name {LIVE}"
            " --routing-config AdditionalVersionWeights={}"
        )


def _alias(name: str, found: Mapping[str, Any]) -> Alias:
    weights = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return Alias(name, found["FunctionVersion"], dict(weights), found["RevisionId"])
