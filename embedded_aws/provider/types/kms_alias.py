"""``aws_kms_alias`` and its data source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.registry import data_source, resource
from embedded_aws.provider.resource_type import DataSource, ProviderError, ResourceType, State

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


def _find(aws: AwsSession, name: str) -> dict[str, Any] | None:
    pages = aws.client("kms").get_paginator("list_aliases").paginate()
    return next(
        (alias for page in pages for alias in page["Aliases"] if alias["AliasName"] == name), None
    )


def _target(aws: AwsSession, alias: dict[str, Any]) -> State:
    key = aws.client("kms").describe_key(KeyId=alias["TargetKeyId"])["KeyMetadata"]
    return {
        "arn": alias["AliasArn"],
        "target_key_arn": key["Arn"],
        "target_key_id": alias["TargetKeyId"],
    }


@resource
class KmsAlias(ResourceType):
    """A name for a KMS key."""

    type_name = "aws_kms_alias"
    replace = frozenset({"name", "name_prefix"})
    recomputed: ClassVar = {"target_key_arn": frozenset({"target_key_id"})}
    absent = frozenset({"NotFoundException"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the alias."""
        name = planned["name"] or aws.unique_name(planned["name_prefix"] or "alias/")
        aws.client("kms").create_alias(AliasName=name, TargetKeyId=planned["target_key_id"])
        return {"id": name, "name": name}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Find the alias and the key behind it."""
        alias = _find(aws, state["id"])
        if alias is None:
            return None
        found = {"name": state["id"], **_target(aws, alias)}
        # The key may be configured by its id or by its ARN: the same key is no change.
        if state.get("target_key_id") in (found["target_key_id"], found["target_key_arn"]):
            found["target_key_id"] = state["target_key_id"]
        return found

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Point the alias at another key."""
        aws.client("kms").update_alias(AliasName=prior["id"], TargetKeyId=planned["target_key_id"])

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the alias; the key stays."""
        aws.client("kms").delete_alias(AliasName=state["id"])


@data_source
class KmsAliasData(DataSource):
    """An alias of the region, found by its name."""

    type_name = "aws_kms_alias"

    def read(self, aws: AwsSession, config: State) -> State:
        """Find the alias."""
        alias = _find(aws, config["name"])
        if alias is None or "TargetKeyId" not in alias:
            raise ProviderError(
                f"There is no KMS alias {config['name']!r} in {aws.region}.", "name"
            )
        return {"id": alias["AliasArn"], **_target(aws, alias)}
