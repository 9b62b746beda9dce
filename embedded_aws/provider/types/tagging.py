"""Changing the tags of a resource, for the services whose calls look alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.provider.attributes import tag_changes, tag_list

if TYPE_CHECKING:
    from embedded_aws.provider.resource_type import State


def retag(client: Any, argument: str, identifier: str, prior: State, planned: State) -> None:
    """Bring the tags of a resource from one state to another.

    Parameters
    ----------
    client
        boto3 client with ``tag_resource(Tags=[{"Key", "Value"}])`` and ``untag_resource(TagKeys)``.
    argument
        The argument that names the resource: ``"ResourceARN"``, ``"ResourceArn"``.
    identifier
        Its value.
    prior, planned
        States with ``tags_all``.
    """
    removed, added = tag_changes(prior, planned)
    if removed:
        client.untag_resource(**{argument: identifier}, TagKeys=removed)
    if added:
        client.tag_resource(**{argument: identifier}, Tags=tag_list({"tags_all": added}))


def tag_map(tags: list[dict[str, str]]) -> dict[str, str]:
    """Return ``[{"Key", "Value"}]`` as a map."""
    return {tag["Key"]: tag["Value"] for tag in tags}
