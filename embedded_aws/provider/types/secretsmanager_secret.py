"""``aws_secretsmanager_secret`` and ``aws_secretsmanager_secret_version``."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import ClientError

from embedded_aws.provider.attributes import changed, error_code, given, tag_list
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.tagging import retag, tag_map
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_ABSENT = frozenset({"ResourceNotFoundException"})
_CURRENT = "AWSCURRENT"


def _replicas(secret: State) -> list[dict[str, str]]:
    return [
        given(Region=replica["region"], KmsKeyId=replica["kms_key_id"])
        for replica in secret["replica"] or []
    ]


def _policy(client: Any, identifier: str) -> str:
    return str(client.get_resource_policy(SecretId=identifier).get("ResourcePolicy") or "")


@resource
class SecretsmanagerSecret(ResourceType):
    """A secret without its value; its id is its ARN."""

    type_name = "aws_secretsmanager_secret"
    replace = frozenset({"name", "name_prefix"})
    defaults: ClassVar = {"force_overwrite_replica_secret": False, "recovery_window_in_days": 30}
    policies = frozenset({"policy"})
    conflicts = (frozenset({"name", "name_prefix"}),)
    absent = _ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the secret."""
        name = planned["name"] or aws.unique_name(planned["name_prefix"])
        arn = aws.client("secretsmanager").create_secret(
            Name=name,
            **given(
                Description=planned["description"],
                KmsKeyId=planned["kms_key_id"],
                Tags=tag_list(planned),
                AddReplicaRegions=_replicas(planned),
                ForceOverwriteReplicaSecret=planned["force_overwrite_replica_secret"] or None,
            ),
        )["ARN"]
        return {"id": arn, "arn": arn, "name": name, "name_prefix": planned["name_prefix"] or ""}

    def complete(self, aws: AwsSession, planned: State) -> None:
        """Set the policy."""
        if planned["policy"]:
            aws.client("secretsmanager").put_resource_policy(
                SecretId=planned["id"], ResourcePolicy=planned["policy"]
            )

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Describe the secret; one that waits for its deletion is gone."""
        client = aws.client("secretsmanager")
        secret = client.describe_secret(SecretId=state["id"])
        if secret.get("DeletedDate"):
            return None
        return {
            "arn": secret["ARN"],
            "name": secret["Name"],
            "name_prefix": state.get("name_prefix") or "",
            "description": text(state, "description", secret.get("Description")),
            "kms_key_id": text(state, "kms_key_id", secret.get("KmsKeyId")),
            "policy": _policy(client, state["id"]),
            "replica": [
                {
                    "region": replica["Region"],
                    "kms_key_id": replica.get("KmsKeyId", ""),
                    "last_accessed_date": "",
                    "status": replica.get("Status", ""),
                    "status_message": replica.get("StatusMessage", ""),
                }
                for replica in secret.get("ReplicationStatus") or []
            ],
            "tags_all": tag_map(secret.get("Tags") or []),
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Change description, key, policy, replicas and tags."""
        client = aws.client("secretsmanager")
        identifier = prior["id"]
        if changed(prior, planned, "description", "kms_key_id"):
            client.update_secret(
                SecretId=identifier,
                Description=planned["description"] or "",
                **given(KmsKeyId=planned["kms_key_id"]),
            )
        if changed(prior, planned, "policy"):
            if planned["policy"]:
                client.put_resource_policy(SecretId=identifier, ResourcePolicy=planned["policy"])
            else:
                client.delete_resource_policy(SecretId=identifier)
        if changed(prior, planned, "replica"):
            _change_replicas(client, prior, planned)
        if changed(prior, planned, "tags_all"):
            retag(client, "SecretId", identifier, prior, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the secret, at once when the recovery window is 0."""
        client = aws.client("secretsmanager")
        regions = [replica["region"] for replica in state.get("replica") or []]
        if regions:
            client.remove_regions_from_replication(
                SecretId=state["id"], RemoveReplicaRegions=regions
            )
        days = state["recovery_window_in_days"]
        if days == 0:
            client.delete_secret(SecretId=state["id"], ForceDeleteWithoutRecovery=True)
        else:
            client.delete_secret(SecretId=state["id"], RecoveryWindowInDays=int(days or 30))


def _change_replicas(client: Any, prior: State, planned: State) -> None:
    before = {replica["region"] for replica in prior["replica"] or []}
    after = {replica["region"] for replica in planned["replica"] or []}
    if gone := sorted(before - after):
        client.remove_regions_from_replication(SecretId=prior["id"], RemoveReplicaRegions=gone)
    added = [one for one in _replicas(planned) if one["Region"] not in before]
    if added:
        client.replicate_secret_to_regions(
            SecretId=prior["id"],
            AddReplicaRegions=added,
            ForceOverwriteReplicaSecret=bool(planned["force_overwrite_replica_secret"]),
        )


@resource
class SecretsmanagerSecretVersion(ResourceType):
    """The value of a secret; its id is ``<secret id>|<version id>``."""

    type_name = "aws_secretsmanager_secret_version"
    replace = frozenset({"secret_id", "secret_string", "secret_binary", "secret_string_wo_version"})
    conflicts = (frozenset({"secret_string", "secret_binary", "secret_string_wo"}),)
    absent = _ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Put the value."""
        binary = planned["secret_binary"]
        version = aws.client("secretsmanager").put_secret_value(
            SecretId=planned["secret_id"],
            **given(
                SecretString=planned["secret_string"] or planned["secret_string_wo"],
                SecretBinary=base64.b64decode(binary) if binary else None,
                VersionStages=planned["version_stages"],
            ),
        )
        return {
            "id": f"{planned['secret_id']}|{version['VersionId']}",
            "version_id": version["VersionId"],
            "has_secret_string_wo": bool(planned["secret_string_wo"]),
        }

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the version and its stages; one without a stage is there as long as AWS keeps it."""
        secret, _, version = state["id"].rpartition("|")
        found = aws.client("secretsmanager").get_secret_value(SecretId=secret, VersionId=version)
        answer: State = {
            "arn": found["ARN"],
            "has_secret_string_wo": bool(state.get("has_secret_string_wo")),
            "secret_id": state.get("secret_id") or secret,
            "version_id": found["VersionId"],
            "version_stages": found.get("VersionStages") or [],
        }
        # A write-only value never stands in a state.
        if not answer["has_secret_string_wo"]:
            answer["secret_string"] = text(state, "secret_string", found.get("SecretString"))
            binary = found.get("SecretBinary")
            answer["secret_binary"] = base64.b64encode(binary).decode() if binary else None
        return answer

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Move stages to or from this version."""
        client = aws.client("secretsmanager")
        before, after = set(prior["version_stages"] or []), set(planned["version_stages"] or [])
        for stage in sorted(after - before):
            client.update_secret_version_stage(
                SecretId=prior["secret_id"], VersionStage=stage, MoveToVersionId=prior["version_id"]
            )
        for stage in sorted(before - after - {_CURRENT}):
            client.update_secret_version_stage(
                SecretId=prior["secret_id"],
                VersionStage=stage,
                RemoveFromVersionId=prior["version_id"],
            )

    def delete(self, aws: AwsSession, state: State) -> None:
        """Take every stage but the current one away: a secret always has a current version."""
        client = aws.client("secretsmanager")
        try:
            for stage in state["version_stages"] or []:
                if stage != _CURRENT:
                    client.update_secret_version_stage(
                        SecretId=state["secret_id"],
                        VersionStage=stage,
                        RemoveFromVersionId=state["version_id"],
                    )
        except ClientError as error:
            # The secret itself is already waiting for its deletion.
            if error_code(error) != "InvalidRequestException":
                raise
