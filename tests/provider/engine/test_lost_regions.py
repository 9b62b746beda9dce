"""What Terraform says while a region does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from embedded_aws.state import RUN
from tests.provider.conftest import RunningAws, Terraform

LOST = "us-west-2"


@contextmanager
def outage(mode: str) -> Iterator[None]:
    RUN.regions_down[LOST] = mode
    try:
        yield
    finally:
        del RUN.regions_down[LOST]


@pytest.mark.parametrize("mode", ["ServiceUnavailable", "connection"])
def test_every_operation_in_a_lost_region_names_it_and_says_what_to_do(
    terraform: Terraform, aws: RunningAws, mode: str
) -> None:
    """R-A10: creation, refresh and data source fail for themselves, whatever the outage is."""
    # Given a provider in another region, and resources of two kinds that live in the lost one
    existing = {
        "aws_sqs_queue": {"there": {"name": f"lost-{mode}", "region": LOST}},
        "aws_s3_bucket": {"there": {"bucket": f"lost-{mode.lower()}", "region": LOST}},
    }
    terraform.lives(resource=existing)
    new = {"aws_sns_topic": {"new": {"name": "lost-new", "region": LOST}}}
    table = {"aws_dynamodb_table": {"t": {"name": "lost-table", "region": LOST}}}

    with outage(mode):
        # When they are refreshed, and a data source is read
        terraform.write(resource=existing, data=table)
        planned = terraform.plan()
        # And when something is created without a refresh
        terraform.write(resource={**existing, **new})
        applied = terraform.apply("-refresh=false")

    # Then each says which region it is and what to do
    errors = planned.text.split("Error: ")[1:]
    advice = f"{LOST} does not answer. Run Terraform again when it is back"
    assert planned.code == applied.code == 1
    for action in ("reading aws_sqs_queue", "reading aws_s3_bucket", "data.aws_dynamodb_table"):
        (sentence,) = [each for each in errors if action in each]
        assert advice in sentence
    assert advice in applied.text.split("creating aws_sns_topic", 1)[1]
    assert "Traceback" not in planned.text + applied.text

    # And nothing of the state is lost
    terraform.write(resource=existing)
    terraform.is_settled()
    terraform.is_gone()


def test_another_region_is_planned_and_applied_meanwhile(terraform: Terraform) -> None:
    """R-A10: a provider of the lost region fails at once; one of the other works."""
    bucket = {"aws_s3_bucket": {"b": {"bucket": "lost-meanwhile"}}}
    with outage("ServiceUnavailable"):
        terraform.write(resource=bucket, provider={"aws": [{"region": LOST}]})
        terraform.init()
        refused = terraform.plan()
        terraform.lives(resource=bucket, provider={"aws": [{"region": "us-east-1"}]})
    assert refused.code == 1
    assert f"{LOST} does not answer" in refused.text
    terraform.is_gone()
