"""The alias of a region's workflow: where it stands, and how a release moves it.

Step Functions starts each execution in one of two versions, by chance, and tells of no revision of
an alias: what somebody else moves between a look and an update is overwritten, other than an alias
of a function (AWS Step Functions API Reference, "UpdateStateMachineAlias"). So a release looks for
a rollback after it has moved one, too: `Side.shift`.
"""

from __future__ import annotations

from botocore.exceptions import ClientError

from operations.region import Region
from operations.release.alias import Alias
from operations.release.record import Versions

_MISSING = ("StateMachineDoesNotExist", "ResourceNotFound")


class MachineAliases:
    """The alias ``live`` of the state machine of a region.

    Parameters
    ----------
    region
        The region.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self._states = region.client("stepfunctions")
        self._arn = region.names.state_machine_arn(region.name)
        self._live = region.names.live_state_machine_arn(region.name)

    @property
    def names(self) -> list[str]:
        """Return the name of the state machine, as the only one."""
        return [self._region.names.state_machine()]

    def read(self, name: str) -> Alias | None:
        """Return the alias, if there is one."""
        try:
            found = self._states.describe_state_machine_alias(stateMachineAliasArn=self._live)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING:
                raise
            return None
        routes = {
            each["stateMachineVersionArn"].rpartition(":")[2]: each["weight"] / 100
            for each in found["routingConfiguration"]
            if each["weight"]
        }
        # Both versions are alike here: the older one is where it stands.
        version = min(routes, key=int)
        weights = {other: share for other, share in routes.items() if other != version}
        return Alias(name, version, weights, "")

    def newest(self, _name: str) -> str:
        """Return the version that was published last."""
        found = self._states.list_state_machine_versions(stateMachineArn=self._arn, maxResults=1)
        newest: str = found["stateMachineVersions"][0]["stateMachineVersionArn"]
        return newest.rpartition(":")[2]

    def shift(self, _alias: Alias, versions: Versions, percent: int) -> None:
        """Let green have a share of the executions that are started."""
        shares = {versions.blue: 100 - percent, versions.green: percent}
        self._states.update_state_machine_alias(
            stateMachineAliasArn=self._live,
            routingConfiguration=[
                {"stateMachineVersionArn": f"{self._arn}:{version}", "weight": share}
                for version, share in shares.items()
                if share
            ],
        )

    def how_to_reset(self, name: str) -> str:
        """Return the command that takes the weights away."""
        return (
            f"aws stepfunctions update-state-machine-alias --state-machine-alias-arn {self._live}"
            f" --routing-configuration stateMachineVersionArn={self._arn}:<version>,weight=100"
        )
