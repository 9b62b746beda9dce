"""What becomes of a bucket's objects when Terraform destroys it (R-D3)."""

from tests.provider.conftest import RunningAws, Terraform

PREFIX = "p1-s3-emptying"


def test_a_bucket_with_objects_is_not_deleted_without_force_destroy(
    terraform: Terraform, aws: RunningAws
) -> None:
    """R-D3: production data survives a destroy."""
    terraform.lives(resource={"aws_s3_bucket": {"main": {"bucket": f"{PREFIX}-full"}}})
    s3 = aws.client("s3")
    s3.put_object(Bucket=f"{PREFIX}-full", Key="kept", Body=b"x")
    refused = terraform.destroy()
    assert refused.code == 1
    assert "BucketNotEmpty" in refused.text
    assert "aws_s3_bucket.main" in terraform.state()
    s3.delete_object(Bucket=f"{PREFIX}-full", Key="kept")
    terraform.is_gone()


def test_a_bucket_is_emptied_whatever_its_keys_are(terraform: Terraform, aws: RunningAws) -> None:
    """Also of keys that DeleteObjects cannot be told."""
    name = f"{PREFIX}-odd"
    bucket = {"main": {"bucket": name, "force_destroy": True}}
    versioned = {
        "main": {
            "bucket": "${aws_s3_bucket.main.id}",
            "versioning_configuration": {"status": "Enabled"},
        }
    }
    terraform.lives(resource={"aws_s3_bucket": bucket, "aws_s3_bucket_versioning": versioned})
    s3 = aws.client("s3")
    for key in ("a\nb", "a\r", "a\x01b", "a\ufffeb", "\u20ac %20+", "plain"):
        s3.put_object(Bucket=name, Key=key, Body=b"x")
        s3.delete_object(Bucket=name, Key=key)
    terraform.is_gone()
