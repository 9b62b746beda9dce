"""``data.aws_secretsmanager_secret_version``."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from embedded_aws.provider.attributes import given
from embedded_aws.provider.registry import data_source
from embedded_aws.provider.resource_type import DataSource, State

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


@data_source
class SecretsmanagerSecretVersionData(DataSource):
    """The value of a secret: its current one, or that of a version or stage."""

    type_name = "aws_secretsmanager_secret_version"

    def read(self, aws: AwsSession, config: State) -> State:
        """Get the value."""
        version = config["version_id"]
        stage = None if version else config["version_stage"] or "AWSCURRENT"
        found = aws.client("secretsmanager").get_secret_value(
            SecretId=config["secret_id"], **given(VersionId=version, VersionStage=stage)
        )
        binary = found.get("SecretBinary")
        return {
            "id": f"{config['secret_id']}|{found['VersionId']}",
            "arn": found["ARN"],
            "created_date": found["CreatedDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "secret_binary": base64.b64encode(binary).decode() if binary else "",
            "secret_string": found.get("SecretString") or "",
            "version_id": found["VersionId"],
            "version_stage": stage,
            "version_stages": found["VersionStages"],
        }
