"""The provider block: region, default tags, which accounts are allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.provider.clients import clients_of
from embedded_aws.provider.diagnostics import describe
from embedded_aws.provider.resource_type import ProviderError
from embedded_aws.provider.session import AwsSession

if TYPE_CHECKING:
    from embedded_aws.provider.clients import Clients
    from embedded_aws.provider.resource_type import State
    from embedded_aws.provider.terraform_process import TerraformProcess


def configure(config: State, endpoint: str, process: TerraformProcess) -> AwsSession:
    """Return the session of one provider block.

    Parameters
    ----------
    config
        The provider block; unset attributes are ``None``.
    endpoint
        URL of the embedded AWS.
    process
        Terraform's folder and environment: region and credentials come from there when the block
        has none, as with the AWS provider.

    Raises
    ------
    ProviderError
        When there is no region, the region does not answer, or the account is not allowed.
    """
    environment = process.environment
    region = (
        config["region"] or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    )
    if not region:
        raise ProviderError(
            "Missing region: set region in the provider block, or AWS_REGION.", "region"
        )
    clients = _clients(config, endpoint, environment)
    account = _account(config, clients, config["sts_region"] or region)
    _check_account(config, account)
    return AwsSession(
        clients=clients,
        region=region,
        account_id=account,
        default_tags=_default_tags(config),
        folder=process.folder,
        ignored_tags=_ignored(config, "keys"),
        ignored_tag_prefixes=_ignored(config, "key_prefixes"),
    )


def _clients(config: State, endpoint: str, environment: dict[str, str]) -> Clients:
    return clients_of(
        endpoint,
        config["access_key"] or environment.get("AWS_ACCESS_KEY_ID") or "test",
        config["secret_key"] or environment.get("AWS_SECRET_ACCESS_KEY") or "test",
        config["token"] or environment.get("AWS_SESSION_TOKEN"),
    )


def _account(config: State, clients: Clients, region: str) -> str:
    if config["skip_requesting_account_id"]:
        return ""
    try:
        return str(clients.client("sts", region).get_caller_identity()["Account"])
    except Exception as error:  # noqa: BLE001 - every kind of failure becomes one sentence
        raise describe(
            error,
            "Retrieving AWS account details: validating provider credentials: retrieving caller "
            f"identity from STS in {region}",
            region=region,
        ) from None


def _check_account(config: State, account: str) -> None:
    # The sentence is the AWS provider's own: people search for it.
    allowed, forbidden = config["allowed_account_ids"], config["forbidden_account_ids"]
    if account in (forbidden or []) or (allowed and account not in allowed):
        raise ProviderError(f"AWS account ID not allowed: {account}")


def _default_tags(config: State) -> dict[str, str]:
    blocks: list[dict[str, Any]] = config["default_tags"] or []
    return {key: value for entry in blocks for key, value in (entry["tags"] or {}).items()}


def _ignored(config: State, name: str) -> tuple[str, ...]:
    return tuple(value for entry in config["ignore_tags"] or [] for value in entry[name] or [])


def validate_configuration(config: State) -> list[ProviderError]:
    """Return what is wrong with a provider block."""
    problems = []
    if config["allowed_account_ids"] and config["forbidden_account_ids"]:
        problems.append(
            ProviderError(
                "Set allowed_account_ids or forbidden_account_ids, not both.",
                "forbidden_account_ids",
            )
        )
    problems.extend(
        ProviderError(f"There may be one {name} block only.", name)
        for name in ("default_tags", "ignore_tags")
        if len(config[name] or []) > 1
    )
    return problems
