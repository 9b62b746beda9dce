"""A state machine's versions, and the alias that leads to one or two of them."""

import json
from typing import Any

from tests.provider.conftest import RunningAws, Terraform

TRUST = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}}


def configuration(comment: str, **routes: int) -> dict[str, Any]:
    trust = {"Version": "2012-10-17", "Statement": [{**TRUST, "Action": "sts:AssumeRole"}]}
    definition = {"StartAt": "Only", "States": {"Only": {"Type": "Succeed", "Comment": comment}}}
    newest = "${aws_sfn_state_machine.this.state_machine_version_arn}"
    machine = "${aws_sfn_state_machine.this.arn}"
    routing = [
        {"state_machine_version_arn": f"{machine}:{version[1:]}", "weight": weight}
        for version, weight in routes.items()
    ]
    return {
        "aws_iam_role": {"this": {"name": "released", "assume_role_policy": json.dumps(trust)}},
        "aws_sfn_state_machine": {
            "this": {
                "name": "released",
                "role_arn": "${aws_iam_role.this.arn}",
                "definition": json.dumps(definition),
                "publish": True,
            }
        },
        "aws_sfn_alias": {
            "live": {
                "name": "live",
                "description": "What is started",
                "routing_configuration": routing
                or [{"state_machine_version_arn": newest, "weight": 100}],
            }
        },
    }


def routes(running_aws: RunningAws) -> dict[str, int]:
    client = running_aws.client("stepfunctions")
    (machine,) = [
        each["stateMachineArn"]
        for each in client.list_state_machines()["stateMachines"]
        if each["name"] == "released"
    ]
    alias = client.describe_state_machine_alias(stateMachineAliasArn=f"{machine}:live")
    return {
        each["stateMachineVersionArn"].rpartition(":")[2]: each["weight"]
        for each in alias["routingConfiguration"]
    }


def test_a_release_moves_what_an_apply_leaves_alone(aws: RunningAws, terraform: Terraform) -> None:
    """R-C4: a new version in both cases; the alias follows unless it ignores its routes."""
    terraform.lives(resource=configuration("one"))
    assert routes(aws) == {"1": 100}

    terraform.changes_to(resource=configuration("two"))
    assert routes(aws) == {"2": 100}

    left = configuration("three")
    left["aws_sfn_alias"]["live"]["lifecycle"] = {"ignore_changes": ["routing_configuration"]}
    terraform.changes_to(resource=left)
    assert routes(aws) == {"2": 100}
    machine = terraform.state()["aws_sfn_state_machine.this"]
    assert machine["state_machine_version_arn"] == f"{machine['arn']}:3"
    client = aws.client("stepfunctions")
    client.update_state_machine_alias(
        stateMachineAliasArn=f"{machine['arn']}:live",
        routingConfiguration=[
            {"stateMachineVersionArn": f"{machine['arn']}:{version}", "weight": weight}
            for version, weight in ((2, 90), (3, 10))
        ],
    )
    terraform.is_settled()

    terraform.changes_to(resource=configuration("three", v2=50, v3=50))
    assert routes(aws) == {"2": 50, "3": 50}
    terraform.is_gone()
