"""The aliases of a region's functions and workflow, and how a release moves them."""

from __future__ import annotations

from operations.errors import OperationError
from operations.region import Region, RegionError
from operations.release.alias import Alias
from operations.release.function_aliases import FunctionAliases, OutdatedError
from operations.release.machine_aliases import MachineAliases
from operations.release.record import Versions
from pipeline.naming import LIVE


class MovedError(OperationError):
    """Somebody else has moved an alias."""


class Aliases:
    """The aliases ``live`` of a region.

    Parameters
    ----------
    region
        The region.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self._functions = FunctionAliases(region)
        self._machines = MachineAliases(region)

    def to_release(self) -> dict[str, Versions]:
        """Return the functions, and the workflow, whose newest version is not the one in use.

        Raises
        ------
        RegionError
            No function is deployed.
        MovedError
            An alias has weights that no release has given it.
        """
        names = [*self._functions.names, *self._machines.names]
        aliases = [found for each in names if (found := self.read(each)) is not None]
        if not any(each.name in self._functions.names for each in aliases):
            name = self._region.environment.environment
            raise RegionError(
                f"the environment {name} is not deployed: there is no function {names[0]} with"
                f" an alias {LIVE}. `make deploy ENV={name}` makes it."
            )
        waiting = {}
        for alias in aliases:
            if alias.weights:
                raise MovedError(
                    f"{self._region.name}: the alias {LIVE} of {alias.name} is at {alias},"
                    " and no release under way says so. Take its weights away first: "
                    + self._of(alias.name).how_to_reset(alias.name)
                )
            newest = self._of(alias.name).newest(alias.name)
            if newest != alias.version:
                waiting[alias.name] = Versions(blue=alias.version, green=newest)
        return waiting

    def read(self, name: str) -> Alias | None:
        """Return the alias of a function or of the workflow, if there is one."""
        return self._of(name).read(name)

    def known(self, name: str, versions: Versions) -> Alias:
        """Return the alias of a function or of the workflow, which is at blue or green.

        Raises
        ------
        MovedError
            It is elsewhere.
        """
        alias = self.read(name)
        if alias is None or alias.percent(versions) is None:
            raise MovedError(
                f"{self._region.name}: the alias {LIVE} of {name} is"
                f" {f'at {alias}' if alias else 'gone'}, where this release"
                f" ({versions.blue} -> {versions.green}) has not put it"
            )
        return alias

    def shift(self, alias: Alias, versions: Versions, percent: int) -> None:
        """Let green have a share of the calls.

        Parameters
        ----------
        alias
            The alias, as it was read: an update of a function's in between is not overwritten.
        versions
            Blue and green.
        percent
            0 (all calls go to blue) to 100 (all go to green).

        Raises
        ------
        MovedError
            Somebody has moved it since it was read.
        """
        try:
            self._of(alias.name).shift(alias, versions, percent)
        except OutdatedError as error:
            if self.known(alias.name, versions).percent(versions) != percent:
                raise MovedError(
                    f"{self._region.name}: somebody else is moving the alias {LIVE} of {alias.name}"
                ) from error

    def is_function(self, name: str) -> bool:
        """Tell a function from the workflow."""
        return name in self._functions.names

    def _of(self, name: str) -> FunctionAliases | MachineAliases:
        return self._functions if self.is_function(name) else self._machines
