"""us-east-1 is gone, with the control planes of IAM, Route 53 and CloudFront."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.end_to_end.deployed.conftest import PRIMARY, SECONDARY, Deployment


@pytest.fixture
def without_primary(deployed: Deployment) -> Iterator[Deployment]:
    deployed.ask("regions", region=PRIMARY, down=True)
    yield deployed
    deployed.ask("regions", region=PRIMARY, down=False)


def test_the_secondary_stack_is_planned_and_applied(
    without_primary: Deployment, tmp_path: Path
) -> None:
    """R-A10 R-F4: state, data sources and resources of the stack are in its own region."""
    deployed, original = without_primary, without_primary.stack("secondary")
    synthesized = deployed.user("cdktf", "synth", TF_WORKSPACE="dev")
    assert synthesized.code == 0, synthesized.text
    changed, content = deployed.copied_stack("secondary", tmp_path / "stack")
    (processor,) = (
        address
        for address, each in content["resource"]["aws_lambda_function"].items()
        if each["function_name"] == deployed.names.function("data-processor")
    )
    content["resource"]["aws_lambda_function"][processor]["memory_size"] = 1024
    (changed / "cdk.tf.json").write_text(json.dumps(content))

    assert deployed.plan(original).code == 0
    applied = deployed.apply(changed)
    assert applied.code == 0, applied.text
    found = deployed.aws.client("lambda", SECONDARY).get_function_configuration(
        FunctionName=deployed.names.function("data-processor")
    )
    assert found["MemorySize"] == 1024
    back = deployed.apply(original)
    assert back.code == 0, back.text


def test_the_secondary_stack_is_made_from_nothing(without_primary: Deployment) -> None:
    """R-A10 R-F4: foundation stands, us-east-1 does not; by the user's own commands."""
    deployed, function = without_primary, without_primary.names.function("data-processor")
    lambda_ = deployed.aws.client("lambda", SECONDARY)
    alone = ("--auto-approve", "--ignore-missing-stack-dependencies")
    gone = deployed.user("cdktf", "destroy", "secondary", *alone, TF_WORKSPACE="dev")
    assert gone.code == 0, gone.text
    with pytest.raises(lambda_.exceptions.ResourceNotFoundException):
        lambda_.get_function(FunctionName=function)

    made = deployed.user("cdktf", "deploy", "secondary", *alone, TF_WORKSPACE="dev")

    assert made.code == 0, made.text
    assert lambda_.get_function(FunctionName=function)["Configuration"]["State"] == "Active"
    assert deployed.plan(deployed.stack("secondary")).code == 0


def test_the_secret_is_read_from_its_replica(deployed: Deployment) -> None:
    """R-B6, R-A10: the same value, with the key of the region that is left."""
    secret = deployed.names.secret()
    east, west = (deployed.aws.client("secretsmanager", each) for each in (PRIMARY, SECONDARY))
    before = east.get_secret_value(SecretId=secret)
    deployed.ask("regions", region=PRIMARY, down=True)
    try:
        with pytest.raises(ClientError, match="us-east-1 is down"):
            east.get_secret_value(SecretId=secret)
        found = west.get_secret_value(SecretId=secret)
        described = west.describe_secret(SecretId=secret)
    finally:
        deployed.ask("regions", region=PRIMARY, down=False)

    assert found["SecretString"] == before["SecretString"]
    assert json.loads(found["SecretString"]).keys() == {"cursorKey"}
    assert (described["PrimaryRegion"], f":{SECONDARY}:" in found["ARN"]) == (PRIMARY, True)
    assert f":{SECONDARY}:" in described["KmsKeyId"]


def test_the_primary_stack_says_why_it_cannot(without_primary: Deployment) -> None:
    """R-A10: an error of AWS, no wrong plan."""
    refused = without_primary.plan(without_primary.stack("primary"))

    assert refused.code == 1
    assert "us-east-1 is down" in refused.errors
    assert "No changes" not in refused.output
