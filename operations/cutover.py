"""``make cutover``: the share of the domain's calls that the secondary region answers (row C6).

It gives both weighted records other weights in one change, which Route 53 makes as a whole
("ChangeResourceRecordSets"). Terraform ignores the weights where releases move what is live.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import boto3

from operations import ROOT
from operations.command_line import configuration, parser, run
from operations.errors import OperationError
from operations.region import Region
from pipeline.config import Environment
from pipeline.layout import weighted_name

RESULT = ROOT / "build" / "cutover.json"


def cutover(route53: Any, environment: Environment, percent: int) -> dict[str, dict[str, int]]:
    """Set the weights of both regions.

    Parameters
    ----------
    route53
        The client.
    environment
        The configuration; it has a domain.
    percent
        0 to 100: what the secondary region answers.

    Returns
    -------
    dict
        ``before`` and ``after``: region -> weight.

    Raises
    ------
    OperationError
        When the environment has no domain, or it is not deployed.
    """
    domain, zone = environment.api.domain, environment.api.hosted_zone_id
    if domain is None or zone is None:
        file = f"environments/{environment.environment}.toml"
        raise OperationError(
            f"{file}: api.domain and api.hosted_zone_id are not set, so that no record leads to"
            " the regions: docs/dns.md"
        )
    name = weighted_name(domain)
    pages = route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone)
    records = {
        each["SetIdentifier"]: each
        for page in pages
        for each in page["ResourceRecordSets"]
        if each["Name"].rstrip(".") == name and "Weight" in each
    }
    primary, secondary = environment.both_regions
    if not {primary, secondary} <= records.keys():
        raise OperationError(
            f"the hosted zone {zone} has no weighted records {name} of {primary} and {secondary}:"
            f" deploy {environment.environment} first"
        )
    after = {primary: 100 - percent, secondary: percent}
    changes = [
        {"Action": "UPSERT", "ResourceRecordSet": {**records[region], "Weight": weight}}
        for region, weight in after.items()
    ]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    return {"before": {region: records[region]["Weight"] for region in after}, "after": after}


def main() -> int:
    """Move the weights of the environment of the command line."""
    arguments = parser("Set the share of the domain's calls that the secondary region answers.")
    arguments.add_argument("--secondary", required=True, metavar="PERCENT", help="0 to 100")
    given = arguments.parse_args()
    if not (
        given.secondary.isascii() and given.secondary.isdigit() and int(given.secondary) <= 100
    ):
        raise OperationError(f"SECONDARY={given.secondary}: must be a percentage, 0 to 100")
    environment = configuration(given.environment)
    region = Region(environment.regions.primary, environment, boto3.Session())
    region.check_account()
    done = cutover(region.client("route53"), environment, int(given.secondary))
    for name, weight in done["after"].items():
        print(f"{name}: weight {weight}, before {done['before'][name]}")
    print("Clients have the new answer within a minute.")
    RESULT.parent.mkdir(exist_ok=True)
    content = {"environment": environment.environment, **done}
    RESULT.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    print(f"Results: {RESULT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
