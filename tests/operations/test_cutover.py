"""``make cutover``, where there is nothing to move; moving is tested on a deployed environment."""

from pathlib import Path

import pytest

from operations.command_line import configuration
from operations.cutover import cutover
from operations.embedded import embedded_aws
from operations.errors import OperationError
from pipeline.config import Environment

DOMAIN = "api.cutover.example.com"


def test_without_a_domain_it_says_which_settings_make_one() -> None:
    """R-C6: and asks AWS for nothing."""
    with pytest.raises(OperationError, match=r"environments/dev.toml: api.domain .* docs/dns.md"):
        cutover(None, configuration("dev"), 10)


def test_before_the_domain_is_deployed_it_says_so(tmp_path: Path) -> None:
    """R-C6: records of the zone that are something else are left alone."""
    environment = configuration("dev")
    with embedded_aws(environment.account.id, tmp_path / "aws.sh") as aws:
        client = aws.client("route53", "us-east-1")
        made = client.create_hosted_zone(Name="cutover.example.com", CallerReference="cutover")
        zone = made["HostedZone"]["Id"].rsplit("/", 1)[-1]
        settings = environment.model_dump()
        settings["api"] |= {"domain": DOMAIN, "hosted_zone_id": zone}

        with pytest.raises(OperationError, match=f"no weighted records live.{DOMAIN} .*deploy dev"):
            cutover(client, Environment.model_validate(settings), 10)
