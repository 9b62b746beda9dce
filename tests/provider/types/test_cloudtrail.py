"""A trail of API calls."""

from typing import Any

from tests.provider.conftest import RunningAws, Terraform


def configuration(**changes: Any) -> dict[str, Any]:
    trail = {
        "name": "pipeline-trail",
        "s3_bucket_name": "${aws_s3_bucket.this.id}",
        "is_multi_region_trail": True,
        "enable_log_file_validation": changes.get("validation", True),
        "enable_logging": changes.get("logging", True),
        "event_selector": {
            "read_write_type": "WriteOnly",
            "data_resource": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}],
        },
        "tags": {"Owner": "data"},
    }
    bucket = {"bucket": "trail-of-provider-tests", "force_destroy": True}
    return {"aws_s3_bucket": {"this": bucket}, "aws_cloudtrail": {"this": trail}}


def test_a_trail_lives(aws: RunningAws, terraform: Terraform) -> None:
    """R-A13: it logs from the start, what is selected, and stops when told to."""
    terraform.lives(resource=configuration())
    client = aws.client("cloudtrail")
    assert client.get_trail_status(Name="pipeline-trail")["IsLogging"] is True
    selectors = client.get_event_selectors(TrailName="pipeline-trail")["EventSelectors"]
    assert [one["ReadWriteType"] for one in selectors] == ["WriteOnly"]

    changes = terraform.changes_to(resource=configuration(logging=False, validation=False))

    assert changes == {
        "aws_cloudtrail.this": (["update"], {"enable_logging", "enable_log_file_validation"})
    }
    assert client.get_trail_status(Name="pipeline-trail")["IsLogging"] is False
    assert client.get_trail(Name="pipeline-trail")["Trail"]["LogFileValidationEnabled"] is False
    terraform.is_gone()
    assert client.list_trails()["Trails"] == []
