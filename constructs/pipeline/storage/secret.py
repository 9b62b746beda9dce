"""The pipeline's secret: encrypted with the data key, the same in both regions (rows A13, B6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.secretsmanager_secret import (
    SecretsmanagerSecret,
    SecretsmanagerSecretReplica,
)
from cdktf_cdktf_provider_aws.secretsmanager_secret_version import SecretsmanagerSecretVersion
from constructs import Construct

# Terraform's uuid() has 122 random bits or more and is another one each time. As the argument is
# write-only, what it makes is in AWS alone: in no state, no plan and no repository.
_FIRST_VALUE = '${jsonencode({"cursorKey" = sha256(join("", [uuid(), uuid()]))})}'


@dataclass(frozen=True)
class SecretProps:
    """What the secret is made of.

    Parameters
    ----------
    name
        Its name in both regions.
    key_arns
        Region -> ARN of the key there: first the secret's own region, then its replica's.
    recovery_window_days
        How long a deleted secret can be brought back: 0 (not at all) or 7 to 30 days.
    """

    name: str
    key_arns: Mapping[str, str]
    recovery_window_days: int


class Secret(Construct):
    """A secret with its replica, and a first value that Terraform makes up and forgets.

    Later values are put by whoever rotates it; no apply puts one back, since Terraform knows
    the first version alone, which stays.
    """

    def __init__(self, scope: Construct, construct_id: str, props: SecretProps) -> None:
        super().__init__(scope, construct_id)
        (_, key), *others = props.key_arns.items()
        secret = SecretsmanagerSecret(
            self,
            "secret",
            name=props.name,
            description="What the pipeline's functions must keep to themselves: cursorKey",
            kms_key_id=key,
            recovery_window_in_days=props.recovery_window_days,
            replica=[
                SecretsmanagerSecretReplica(region=region, kms_key_id=arn) for region, arn in others
            ],
        )
        SecretsmanagerSecretVersion(
            self,
            "first-value",
            secret_id=secret.id,
            secret_string_wo=_FIRST_VALUE,
            secret_string_wo_version=1,
        )
        self.arn: str = secret.arn
