"""Secrets: encrypted with the data key, the same in both regions (rows A13, B6, E5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.secretsmanager_secret import (
    SecretsmanagerSecret,
    SecretsmanagerSecretReplica,
)
from cdktf_cdktf_provider_aws.secretsmanager_secret_version import SecretsmanagerSecretVersion
from constructs import Construct

from pipeline.config import Environment

# Terraform's uuid() has 122 random bits or more and is another one each time. As the argument is
# write-only, what it makes is in AWS alone: in no state, no plan and no repository.
_RANDOM = 'sha256(join("", [uuid(), uuid()]))'
RANDOM_TEXT = f"${{{_RANDOM}}}"
"""A value of 64 random hexadecimal digits."""


def random_member(name: str) -> str:
    """Return a value that is a JSON object with one random member."""
    return f'${{jsonencode({{"{name}" = {_RANDOM}}})}}'


def keeps_api_key(environment: Environment) -> bool:
    """Return whether there is a secret for the API's key.

    The name of a deleted secret is taken until its recovery window ends. Where there is one, the
    secret stays while the key is switched off, so that it can be switched on again; clients then
    find the key that they know.
    """
    api = environment.api
    return api.enabled and (api.api_key or not environment.data.disposable)


@dataclass(frozen=True)
class SecretProps:
    """What the secret is made of.

    Parameters
    ----------
    name, description
        Its name in both regions, and what it is for.
    first_value
        A Terraform expression for its value, until another one is put.
    key_arns
        Region -> ARN of the key there: first the secret's own region, then its replica's.
    recovery_window_days
        How long a deleted secret can be brought back: 0 (not at all) or 7 to 30 days.
    """

    name: str
    description: str
    first_value: str
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
            description=props.description,
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
            secret_string_wo=props.first_value,
            secret_string_wo_version=1,
        )
        self.arn: str = secret.arn
