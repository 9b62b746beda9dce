"""Types that the embedded AWS does not have stand in the state, and the run says so."""

from embedded_aws.state import RUN
from tests.provider.conftest import RunningAws, Terraform

MONITOR = {
    "aws_ce_anomaly_monitor": {
        "m": {
            "name": "p1-monitor",
            "monitor_type": "CUSTOM",
            "monitor_specification": '{"Tags": {"Key": "Project", "Values": ["p1"]}}',
        }
    },
    # Lambda's PutFunctionRecursionConfig is no operation of moto's.
    "aws_lambda_function_recursion_config": {
        "r": {"function_name": "p1-recursion", "recursive_loop": "Allow"}
    },
    "aws_s3_bucket": {
        "b": {"bucket": "p1-recorded", "tags": {"monitor": "${aws_ce_anomaly_monitor.m.arn}"}}
    },
}


def test_a_type_that_moto_lacks_is_recorded_and_named(
    terraform: Terraform, aws: RunningAws
) -> None:
    """R-A14: its computed values can be referred to, are stable, and are made up openly."""
    terraform.lives(resource=MONITOR)
    arn = terraform.state()["aws_ce_anomaly_monitor.m"]["arn"]
    assert arn.startswith("arn:aws:ce:us-east-1:")
    report = RUN.report()
    types = {"aws_ce_anomaly_monitor", "aws_lambda_function_recursion_config"}
    assert types <= set(report["recorded_only"])
    assert "aws_s3_bucket" not in report["recorded_only"]
    assert report["applied"]["aws_s3_bucket"] >= 1
    tags = aws.client("s3").get_bucket_tagging(Bucket="p1-recorded")["TagSet"]
    assert tags == [{"Key": "monitor", "Value": arn}]
    terraform.is_gone()
    # The same configuration gets the same values again.
    terraform.lives(resource=MONITOR)
    assert terraform.state()["aws_ce_anomaly_monitor.m"]["arn"] == arn
    terraform.is_gone()
