"""Roles and policies live through Terraform's whole cycle (R-A11)."""

import copy
import json
from typing import Any

import pytest

from tests.provider.conftest import RunningAws, Terraform


def document(action: str = "s3:GetObject") -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": [action], "Resource": "*"}],
    }


def trust(service: str = "lambda.amazonaws.com") -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": service},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    )


def everything() -> dict[str, dict[str, Any]]:
    return {
        "aws_iam_role": {
            "main": {
                "name": "p1-role",
                "assume_role_policy": trust(),
                "description": "first",
                "max_session_duration": 7200,
                "permissions_boundary": "${aws_iam_policy.boundary.arn}",
                "tags": {"a": "b"},
            },
            "inline": {
                "name_prefix": "p1-inline-",
                "assume_role_policy": trust("states.amazonaws.com"),
                "inline_policy": [
                    {"name": "one", "policy": json.dumps(document())},
                    {"name": "two", "policy": json.dumps(document("s3:PutObject"))},
                ],
            },
        },
        "aws_iam_policy": {
            "boundary": {"name": "p1-boundary", "policy": json.dumps(document("s3:*"))},
            "main": {
                "name": "p1-policy",
                "path": "/p1/",
                "description": "d",
                "policy": "${data.aws_iam_policy_document.main.json}",
            },
        },
        "aws_iam_role_policy": {
            "main": {
                "name": "p1-inline",
                "role": "${aws_iam_role.main.name}",
                "policy": json.dumps(document()),
            }
        },
        "aws_iam_role_policy_attachment": {
            "main": {
                "role": "${aws_iam_role.main.name}",
                "policy_arn": "${aws_iam_policy.main.arn}",
            }
        },
        "aws_iam_openid_connect_provider": {
            "ci": {
                "url": "https://token.actions.githubusercontent.com",
                "client_id_list": ["sts.amazonaws.com"],
                "thumbprint_list": ["cf23df2207d99a74fbe169e3eba035e633b65d94"],
            }
        },
    }


DATA = {
    "aws_iam_policy_document": {
        "main": {"statement": [{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::p1/*"]}]}
    }
}


def test_roles_and_policies_live_through_the_whole_cycle(
    terraform: Terraform, aws: RunningAws
) -> None:
    """R-A11: applied once, a second plan is empty; one change is one change; then they go."""
    terraform.lives(resource=everything(), data=DATA)
    iam = aws.client("iam")
    assert iam.get_role(RoleName="p1-role")["Role"]["MaxSessionDuration"] == 7200
    attached = iam.list_attached_role_policies(RoleName="p1-role")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["p1-policy"]
    after = copy.deepcopy(everything())
    after["aws_iam_role"]["main"]["assume_role_policy"] = trust("events.amazonaws.com")
    after["aws_iam_role"]["main"]["tags"] = {"c": "d"}
    del after["aws_iam_role"]["main"]["description"]
    after["aws_iam_role_policy"]["main"]["policy"] = json.dumps(document("s3:DeleteObject"))
    after["aws_iam_role"]["inline"]["inline_policy"].pop()
    after["aws_iam_policy"]["boundary"]["policy"] = json.dumps(document("dynamodb:*"))
    after["aws_iam_openid_connect_provider"]["ci"]["client_id_list"] = ["sts.amazonaws.com", "x"]
    changes = terraform.changes_to(resource=after, data=DATA)
    assert {name: (actions, names) for name, (actions, names) in changes.items()} == {
        "aws_iam_role.main": (
            ["update"],
            {"assume_role_policy", "description", "tags", "tags_all"},
        ),
        "aws_iam_role.inline": (["update"], {"inline_policy"}),
        "aws_iam_role_policy.main": (["update"], {"policy"}),
        "aws_iam_policy.boundary": (["update"], {"policy"}),
        "aws_iam_openid_connect_provider.ci": (["update"], {"client_id_list"}),
    }
    terraform.is_gone()
    assert "p1-role" not in {role["RoleName"] for role in iam.list_roles()["Roles"]}


def test_a_new_name_replaces_a_role_and_what_hangs_on_it(terraform: Terraform) -> None:
    """A change that AWS does not know as an update is planned as a replacement."""
    resources = {
        "aws_iam_role": {"main": {"name": "p1-before", "assume_role_policy": trust()}},
        "aws_iam_role_policy": {
            "main": {
                "name": "x",
                "role": "${aws_iam_role.main.name}",
                "policy": json.dumps(document()),
            }
        },
    }
    terraform.lives(resource=resources)
    resources["aws_iam_role"]["main"]["name"] = "p1-after"
    changes = terraform.changes_to(resource=resources)
    assert {name: actions for name, (actions, _) in changes.items()} == {
        "aws_iam_role.main": ["delete", "create"],
        "aws_iam_role_policy.main": ["delete", "create"],
    }
    terraform.is_gone()


def test_a_role_is_deleted_with_the_policies_that_others_attached(
    terraform: Terraform, aws: RunningAws
) -> None:
    """R-D3: ``force_detach_policies`` detaches what Terraform does not know."""
    iam = aws.client("iam")
    created = iam.create_policy(PolicyName="p1-foreign", PolicyDocument=json.dumps(document()))
    role = {"name": "p1-forced", "assume_role_policy": trust(), "force_detach_policies": True}
    terraform.lives(resource={"aws_iam_role": {"main": role}})
    iam.attach_role_policy(RoleName="p1-forced", PolicyArn=created["Policy"]["Arn"])
    iam.put_role_policy(
        RoleName="p1-forced", PolicyName="foreign", PolicyDocument=json.dumps(document())
    )
    terraform.is_gone()


DOCUMENT = {
    "policy_id": "P",
    "statement": [
        {
            "sid": "A",
            "actions": ["s3:GetObject", "s3:PutObject"],
            "resources": ["arn:aws:s3:::b/&{aws:username}/*"],
            "condition": [
                {"test": "StringLike", "variable": "s3:prefix", "values": ["b", "a"]},
                {"test": "Bool", "variable": "aws:SecureTransport", "values": ["true"]},
            ],
        },
        {
            "sid": "B",
            "effect": "Deny",
            "not_actions": ["iam:*"],
            "not_resources": ["*"],
            "principals": [
                {"type": "AWS", "identifiers": ["111122223333", "444455556666"]},
                {"type": "Service", "identifiers": ["s3.amazonaws.com"]},
            ],
        },
        {"actions": ["sts:AssumeRole"], "principals": [{"type": "*", "identifiers": ["*"]}]},
    ],
}
EXPECTED = {
    "Version": "2012-10-17",
    "Id": "P",
    "Statement": [
        {
            "Sid": "A",
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:GetObject"],
            "Resource": "arn:aws:s3:::b/${aws:username}/*",
            "Condition": {
                "Bool": {"aws:SecureTransport": "true"},
                "StringLike": {"s3:prefix": ["b", "a"]},
            },
        },
        {
            "Sid": "B",
            "Effect": "Deny",
            "NotAction": "iam:*",
            "NotResource": "*",
            "Principal": {
                "AWS": ["444455556666", "111122223333"],
                "Service": "s3.amazonaws.com",
            },
        },
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"},
    ],
}


def test_a_policy_document_is_evaluated_as_the_aws_provider_does(terraform: Terraform) -> None:
    """R-A11: order, one-element lists, variables, sources and overrides."""
    override = {
        "override_policy_documents": [
            json.dumps({"Statement": {"Sid": "B", "Effect": "Deny", "Action": "*"}})
        ],
        "source_policy_documents": ["${data.aws_iam_policy_document.main.json}"],
    }
    terraform.write(data={"aws_iam_policy_document": {"main": DOCUMENT, "merged": override}})
    terraform.init()
    assert terraform.apply().code == 0
    state = terraform.state()
    text = state["data.aws_iam_policy_document.main"]["json"]
    assert text == json.dumps(EXPECTED, indent=2)
    merged = json.loads(state["data.aws_iam_policy_document.merged"]["json"])
    assert merged["Id"] == "P"
    assert [s.get("Action") for s in merged["Statement"]] == [
        ["s3:PutObject", "s3:GetObject"],
        "*",
        "sts:AssumeRole",
    ]


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("not json", "contains an invalid JSON policy"),
        ("[]", "the document is not a JSON object"),
        ("{}", 'it has no "Statement"'),
        (json.dumps({"Statement": [{"Effect": "Maybe"}]}), 'needs "Effect"'),
    ],
)
def test_a_text_that_is_no_policy_is_refused_by_validate(
    terraform: Terraform, policy: str, message: str
) -> None:
    """R-F7: a policy that AWS would refuse is named before anything is applied."""
    role = {"name": "p1-bad", "assume_role_policy": policy}
    terraform.write(resource={"aws_iam_role": {"main": role}})
    terraform.init()
    refused = terraform.validate()
    assert refused.code == 1
    assert message in refused.text
    assert "assume_role_policy" in refused.text
