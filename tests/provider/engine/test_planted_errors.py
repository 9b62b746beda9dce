"""Mistakes in a configuration are found before anything is applied."""

import json
from typing import Any

import pytest

from tests.provider.conftest import Terraform

TRUST = json.dumps({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]})


def good() -> dict[str, Any]:
    return {
        "aws_s3_bucket": {"b": {"bucket": "p1-planted"}},
        "aws_s3_bucket_versioning": {
            "v": {
                "bucket": "${aws_s3_bucket.b.id}",
                "versioning_configuration": {"status": "Enabled"},
            }
        },
        "aws_iam_role": {"r": {"name": "p1-planted", "assume_role_policy": TRUST}},
    }


def test_the_configuration_without_a_mistake_is_valid(terraform: Terraform) -> None:
    """What the rows below change one thing of."""
    terraform.write(resource=good())
    terraform.init()
    assert terraform.validate().code == 0


MISTAKES = {
    "unknown attribute": (
        ("aws_s3_bucket", "b", "buckett"),
        "x",
        "Extraneous JSON object property",
    ),
    "bad reference": (
        ("aws_iam_role", "r", "description"),
        "${aws_s3_bucket.b.arnn}",
        "Unsupported attribute",
    ),
    "missing resource": (
        ("aws_iam_role", "r", "description"),
        "${aws_s3_bucket.nope.arn}",
        "Reference to undeclared resource",
    ),
    "cycle": (("aws_s3_bucket", "b", "bucket"), "${aws_s3_bucket_versioning.v.id}", "Cycle"),
    "wrong type": (
        ("aws_iam_role", "r", "max_session_duration"),
        "lots",
        "Incorrect attribute value type",
    ),
    "missing required attribute": (
        ("aws_iam_role", "x"),
        {"name": "x"},
        "Missing required argument",
    ),
    "too many blocks": (
        ("aws_s3_bucket_versioning", "v", "versioning_configuration"),
        [{"status": "Enabled"}, {"status": "Enabled"}],
        "Too many versioning_configuration blocks",
    ),
    "unknown type": (("aws_s4_bucket",), {"x": {"bucket": "x"}}, "Invalid resource type"),
    "type that is not served": (
        ("aws_wafv2_web_acl",),
        {
            "w": {
                "scope": "REGIONAL",
                "default_action": {"allow": {}},
                "visibility_config": {
                    "cloudwatch_metrics_enabled": True,
                    "metric_name": "x",
                    "sampled_requests_enabled": True,
                },
            }
        },
        "does not serve aws_wafv2_web_acl",
    ),
    "computed attribute": (("aws_s3_bucket", "b", "arn"), "x", "unconfigurable attribute"),
    "bad JSON": (("aws_iam_role", "r", "assume_role_policy"), "no", "invalid JSON policy"),
    "unknown value of an enum": (
        ("aws_s3_bucket_accelerate_configuration",),
        {"a": {"bucket": "x", "status": "Fast"}},
        'expected status to be one of [Enabled, Suspended], got "Fast"',
    ),
    "arguments that exclude each other": (
        ("aws_s3_bucket", "b", "bucket_prefix"),
        "x",
        "Conflicting configuration arguments",
    ),
    "a number out of range": (
        ("aws_iam_role", "r", "max_session_duration"),
        60,
        "range (3600 - 43200)",
    ),
    "provider alias that is not there": (
        ("aws_s3_bucket", "b", "provider"),
        "aws.north",
        "Provider configuration not present",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_with_its_reason(terraform: Terraform, mistake: str) -> None:
    """Real Terraform's validate, or plan where validate cannot know, names what is wrong."""
    path, value, message = MISTAKES[mistake]
    configuration = good()
    place = configuration
    for step in path[:-1]:
        place = place.setdefault(step, {})
    place[path[-1]] = value
    terraform.write(resource=configuration)
    started = terraform.run("init", "-input=false", "-no-color")
    refused = terraform.validate() if started.code == 0 else started
    if refused.code == 0:
        refused = terraform.plan()
    assert refused.code == 1
    assert message in refused.text
