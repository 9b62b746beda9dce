"""The aliases of a region's functions: where they stand, and how a release moves them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from operations.errors import OperationError
from operations.region import Region, RegionError
from operations.release.record import Versions
from pipeline.naming import FUNCTIONS, LIVE


class MovedError(OperationError):
    """Somebody else has moved an alias."""


@dataclass(frozen=True)
class Alias:
    """An alias as it was read.

    Parameters
    ----------
    function
        The function's name.
    version
        Where it stands.
    weights
        Share of the calls, 0 to 1, by another version.
    revision
        Changes with each update.
    """

    function: str
    version: str
    weights: Mapping[str, float]
    revision: str

    def percent(self, versions: Versions) -> int | None:
        """Return the share of green, in percent; None when it is no step between blue and green."""
        if not self.weights and self.version in (versions.blue, versions.green):
            return 100 if self.version == versions.green else 0
        if self.version == versions.blue and set(self.weights) == {versions.green}:
            return round(100 * self.weights[versions.green])
        return None

    def __str__(self) -> str:
        """Return the versions as a person reads them."""
        shares = [f"{round(100 * share)} % at {other}" for other, share in self.weights.items()]
        return " and ".join([f"version {self.version}", *shares])


class Aliases:
    """The aliases ``live`` of a region.

    Parameters
    ----------
    region
        The region.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self._lambda = region.client("lambda")

    def to_release(self) -> dict[str, Versions]:
        """Return the functions whose newest version is not the one that is in use.

        Raises
        ------
        RegionError
            No function is deployed.
        MovedError
            An alias has weights that no release has given it.
        """
        functions = [self._region.names.function(each) for each in FUNCTIONS]
        aliases = [found for each in functions if (found := self.read(each)) is not None]
        if not aliases:
            name = self._region.environment.environment
            raise RegionError(
                f"the environment {name} is not deployed: there is no function {functions[0]} with"
                f" an alias {LIVE}. `make deploy ENV={name}` makes it."
            )
        waiting = {}
        for alias in aliases:
            if alias.weights:
                raise MovedError(
                    f"{self._region.name}: the alias {LIVE} of {alias.function} is at {alias},"
                    " and no release under way says so. Take its weights away first: aws lambda"
                    f" update-alias --function-name {alias.function} --name {LIVE}"
                    " --routing-config AdditionalVersionWeights={}"
                )
            newest = self._newest(alias.function)
            if newest != alias.version:
                waiting[alias.function] = Versions(blue=alias.version, green=newest)
        return waiting

    def read(self, function: str) -> Alias | None:
        """Return the alias of a function, if there is one."""
        try:
            found = self._lambda.get_alias(FunctionName=function, Name=LIVE)
        except self._lambda.exceptions.ResourceNotFoundException:
            return None
        return _alias(function, found)

    def known(self, function: str, versions: Versions) -> Alias:
        """Return the alias of a function, which is at blue or green.

        Raises
        ------
        MovedError
            It is elsewhere.
        """
        alias = self.read(function)
        if alias is None or alias.percent(versions) is None:
            raise MovedError(
                f"{self._region.name}: the alias {LIVE} of {function} is"
                f" {f'at {alias}' if alias else 'gone'}, where this release"
                f" ({versions.blue} -> {versions.green}) has not put it"
            )
        return alias

    def shift(self, alias: Alias, versions: Versions, percent: int) -> None:
        """Let green have a share of the calls.

        Parameters
        ----------
        alias
            The alias, as it was read: an update in between is not overwritten.
        versions
            Blue and green.
        percent
            0 (all calls go to blue) to 100 (all go to green).

        Raises
        ------
        MovedError
            Somebody has moved it since it was read.
        """
        version = versions.green if percent == 100 else versions.blue
        weights = {versions.green: percent / 100} if 0 < percent < 100 else {}
        try:
            self._lambda.update_alias(
                FunctionName=alias.function,
                Name=LIVE,
                FunctionVersion=version,
                RoutingConfig={"AdditionalVersionWeights": weights},
                RevisionId=alias.revision,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailedException":
                raise
            # It may be this very update, whose answer was lost and which was sent again.
            if self.known(alias.function, versions).percent(versions) != percent:
                raise MovedError(
                    f"{self._region.name}: somebody else is moving the alias {LIVE} of"
                    f" {alias.function}"
                ) from error

    def _newest(self, function: str) -> str:
        pages = self._lambda.get_paginator("list_versions_by_function")
        found: Iterator[str] = (
            each["Version"]
            for page in pages.paginate(FunctionName=function)
            for each in page["Versions"]
        )
        return max((each for each in found if each.isdigit()), key=int)


def _alias(function: str, found: Mapping[str, Any]) -> Alias:
    weights = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return Alias(function, found["FunctionVersion"], dict(weights), found["RevisionId"])
