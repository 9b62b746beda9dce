"""An alias that a deploy moves, and one that it leaves to a release."""

from pathlib import Path
from typing import Any

import pytest

from tests.provider.conftest import RunningAws, Terraform
from tests.provider.types.test_lambda_function import account, configuration, name

__all__ = ["account", "name"]  # fixtures

IGNORED = {"ignore_changes": ["function_version", "routing_config"]}


def released(
    account: dict[str, str], name: str, folder: Path, lifecycle: Any, **changes: Any
) -> Any:
    whole = configuration(account, name, folder, **changes)
    alias = whole["resource"]["aws_lambda_alias"]["live"]
    alias["function_version"] = "${aws_lambda_function.this.version}"
    if lifecycle:
        alias["lifecycle"] = lifecycle
    return whole


@pytest.mark.parametrize(("lifecycle", "expected"), [(None, "2"), (IGNORED, "1")])
def test_a_second_apply_moves_the_alias_unless_it_ignores_what_a_release_moves(
    aws: RunningAws,
    terraform: Terraform,
    account: dict[str, str],
    name: str,
    lifecycle: Any,
    expected: str,
) -> None:
    """R-C7, R-E3: the function has the new version in both cases, and plans settle."""
    terraform.lives(**released(account, name, terraform.folder, lifecycle))

    terraform.changes_to(**released(account, name, terraform.folder, lifecycle, timeout=90))

    client = aws.client("lambda")
    assert terraform.state()["aws_lambda_function.this"]["version"] == "2"
    assert client.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == expected
    # A release in progress is left alone as well
    if lifecycle:
        weights = {"AdditionalVersionWeights": {"2": 0.1}}
        client.update_alias(FunctionName=name, Name="live", RoutingConfig=weights)
        terraform.is_settled()
    terraform.is_gone()
