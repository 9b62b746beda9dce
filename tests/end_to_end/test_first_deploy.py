"""R-C6, R-E5, R-F7: a first deploy as on AWS, reviewed, with all that stacks look up."""

import json
from pathlib import Path

from operations.command_line import configuration
from operations.embedded import embedded_aws
from tests.project_copy import Project, Result

ZONE = "pipeline.example.org"


def test_a_domain_from_the_beginning_and_a_key_later(project: Project, tmp_path: Path) -> None:
    file = project.folder / "environments" / "dev.toml"
    account = configuration("dev").account.id
    with embedded_aws(account, tmp_path / "aws.sh") as aws:

        def make(verb: str) -> Result:
            own = {
                k: v
                for k, v in aws.variables.items()
                if k.startswith(("AWS_", "TF_", "NO_", "no_"))
            }
            words = ("--environment", "dev")
            return project.operation(verb, *words, seconds=600, **own, APPROVE="yes")

        made = aws.client("route53", "us-east-1").create_hosted_zone(Name=ZONE, CallerReference="1")
        zone = made["HostedZone"]["Id"].rsplit("/", 1)[-1]
        given = f'[api]\ndomain = "api.{ZONE}"\nhosted_zone_id = "{zone}"\n'
        file.write_text(file.read_text().replace("[api]\n", given))

        first = make("deploy")

        assert first.code == 0, first.text
        assert "primary and secondary and edge cannot be planned" in first.text
        file.write_text(file.read_text().replace("api_key = false", "api_key = true"))

        second = make("deploy")

        assert second.code == 0, second.text
        assert "primary and secondary cannot be planned" in second.text
        for region in ("us-east-1", "us-west-2"):
            gateway = aws.client("apigateway", region)
            assert len(gateway.get_api_keys()["items"]) == 1
            assert len(gateway.get_base_path_mappings(domainName=f"api.{ZONE}")["items"]) == 1

        third = make("review")

        assert third.code == 0, third.text
        assert json.loads((project.folder / "build" / "review.json").read_text())["waiting"] == []
