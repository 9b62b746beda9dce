"""Buckets: private, versioned, encrypted, bounded, in both regions."""

from collections.abc import Iterator

from pipeline.naming import BUCKETS
from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Resource, Synthesized

BLOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls")


def buckets(synthesized: Synthesized) -> Iterator[tuple[str, str, Resource]]:
    """Kind, region and resource of each bucket that there has to be."""
    for region in synthesized.regions:
        for kind in BUCKETS:
            name = synthesized.names.bucket(kind, region)
            yield kind, region, synthesized["foundation"].one("aws_s3_bucket", bucket=name)


def setting(synthesized: Synthesized, kind: str, bucket: Resource) -> Resource:
    return synthesized["foundation"].one(kind, bucket=f"${{{bucket.address}.id}}")


def test_each_bucket_is_in_its_region_with_all_its_settings(both: Synthesized) -> None:
    """R-A2, R-B2: two of each kind; a setting made through another region's provider fails."""
    foundation = both["foundation"]
    for _, region, bucket in buckets(both):
        assert foundation.region(bucket) == region
        settings = [
            each
            for each in foundation.resources()
            if each.get("bucket") == f"${{{bucket.address}.id}}"
        ]
        assert {each.kind.removeprefix("aws_s3_bucket_") for each in settings} == {
            "lifecycle_configuration",
            "ownership_controls",
            "policy",
            "public_access_block",
            "server_side_encryption_configuration",
            "versioning",
        }
        assert {foundation.region(each) for each in settings} == {region}
    assert len(foundation.resources("aws_s3_bucket")) == len(list(buckets(both)))


def test_buckets_are_versioned_and_encrypted(both: Synthesized) -> None:
    """R-A2, R-B2, R-A13: versioning, SSE-S3."""
    for _, _, bucket in buckets(both):
        versioning = setting(both, "aws_s3_bucket_versioning", bucket)
        assert versioning["versioning_configuration"] == {"status": "Enabled"}
        encryption = setting(both, "aws_s3_bucket_server_side_encryption_configuration", bucket)
        (rule,) = encryption["rule"]
        assert rule["apply_server_side_encryption_by_default"] == {"sse_algorithm": "AES256"}


def test_buckets_have_no_public_access_in_any_way(both: Synthesized) -> None:
    """R-A2, R-B2: all four blocks, and no access control lists at all."""
    for _, _, bucket in buckets(both):
        block = setting(both, "aws_s3_bucket_public_access_block", bucket)
        assert all(block[name] is True for name in (*BLOCKS, "restrict_public_buckets"))
        ownership = setting(both, "aws_s3_bucket_ownership_controls", bucket)
        assert ownership["rule"] == {"object_ownership": "BucketOwnerEnforced"}


def test_bucket_policies_refuse_what_comes_without_tls(both: Synthesized) -> None:
    """R-B3, R-A13: every action of everybody, on the bucket and on its objects."""
    for kind, region, bucket in buckets(both):
        policy = setting(both, "aws_s3_bucket_policy", bucket)
        arn = both.names.bucket_arn(kind, region)  # type: ignore[arg-type]
        assert policy.policy() == [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ]
        # S3 answers 409 when a bucket's policy and its public access block change at once.
        assert policy.waits_for(setting(both, "aws_s3_bucket_public_access_block", bucket))


def test_old_versions_and_abandoned_uploads_go(variation: Variation, both: Synthesized) -> None:
    """R-E7, R-B2: old versions after 30 days by default; the setting is followed."""
    changed = variation("dev", data={"noncurrent_version_days": 12, "archive_after_days": 34})
    for each, days in ((both, 30), (changed, 12)):
        for _, _, bucket in buckets(each):
            lifecycle = setting(each, "aws_s3_bucket_lifecycle_configuration", bucket)
            rule, *_ = lifecycle["rule"]
            assert rule["status"] == "Enabled"
            assert rule["filter"] == [{"prefix": ""}], "the rule is for every object"
            assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": days}]
            assert rule["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 7}]
            assert lifecycle.waits_for(setting(each, "aws_s3_bucket_versioning", bucket))


def test_ingested_objects_and_artifacts_are_archived(
    variation: Variation, both: Synthesized
) -> None:
    """R-B2, R-A14: to Glacier Instant Retrieval after 30 days; the others stay."""
    changed = variation("dev", data={"noncurrent_version_days": 12, "archive_after_days": 34})
    for each, days in ((both, 30), (changed, 34)):
        for kind, _, bucket in buckets(each):
            rule, *_ = setting(each, "aws_s3_bucket_lifecycle_configuration", bucket)["rule"]
            if kind in ("data-ingestion", "artifacts"):
                assert rule["transition"] == [{"days": days, "storage_class": "GLACIER_IR"}]
            else:
                assert not rule.get("transition")


def test_what_long_objects_leave_between_invocations_is_removed(both: Synthesized) -> None:
    """R-A4: the keys of their records, after 60 days; nothing else expires."""
    for kind, _, bucket in buckets(both):
        _, *more = setting(both, "aws_s3_bucket_lifecycle_configuration", bucket)["rule"]
        if kind != "data-quarantine":
            assert not more
            continue
        (rule,) = more
        assert rule["filter"] == [{"prefix": "checkpoints/"}]
        assert rule["expiration"] == [{"days": 60}]
        assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": 1}]


def test_only_a_disposable_environment_deletes_buckets_with_their_content(
    dev: Synthesized, prod: Synthesized
) -> None:
    """R-D3: emptied and removed in dev, protected in prod."""
    assert {bucket.get("force_destroy") for _, _, bucket in buckets(dev)} == {True}
    assert {bucket.get("force_destroy") for _, _, bucket in buckets(prod)} == {False}


def test_the_ingestion_bucket_is_copied_both_ways_where_replication_is_on(
    prod: Synthesized,
) -> None:
    """R-A2: every object, not deletions, to the other region's bucket of the same kind."""
    foundation = prod["foundation"]
    primary, secondary = prod.regions
    assert len(foundation.resources("aws_s3_bucket_replication_configuration")) == 2
    for source, target in ((primary, secondary), (secondary, primary)):
        copied = prod.names.bucket("data-ingestion", source)
        replication = foundation.one("aws_s3_bucket_replication_configuration", bucket=copied)
        assert foundation.region(replication) == source
        (rule,) = replication["rule"]
        assert rule["status"] == "Enabled"
        assert rule["filter"] == {"prefix": ""}
        assert rule["delete_marker_replication"] == {"status": "Disabled"}
        assert rule["destination"] == {"bucket": prod.names.bucket_arn("data-ingestion", target)}
        # S3 refuses the rule while one of the two buckets has no versioning.
        for region in (source, target):
            name = prod.names.bucket("data-ingestion", region)
            bucket = foundation.one("aws_s3_bucket", bucket=name)
            assert replication.waits_for(setting(prod, "aws_s3_bucket_versioning", bucket))
        role = foundation.one("aws_iam_role", name=prod.names.role("ingestion-copy", source))
        assert replication.refers_to("role", role, "arn")


def test_nothing_is_copied_where_replication_is_off(dev: Synthesized) -> None:
    """R-A2: a switch, off in dev."""
    assert not dev["foundation"].any_resources("aws_s3_bucket_replication_configuration")
    roles = {each["name"] for each in dev["foundation"].resources("aws_iam_role")}
    assert not any("ingestion-copy" in name for name in roles)


def test_pages_of_the_api_may_put_and_nothing_else(variation: Variation) -> None:
    """R-E5: an upload by a pre-signed URL, to the ingestion bucket of either region."""
    origins = ["https://data.example.com", "https://admin.example.com"]
    each = variation("dev", api={"cors_origins": origins})
    found = each["foundation"].resources("aws_s3_bucket_cors_configuration")
    ingestion = {b.address: r for kind, r, b in buckets(each) if kind == "data-ingestion"}
    assert {one["bucket"] for one in found} == {f"${{{address}.id}}" for address in ingestion}
    for one in found:
        (rule,) = one["cors_rule"]
        assert (rule["allowed_methods"], rule["allowed_origins"]) == (["PUT"], origins)
        assert rule["allowed_headers"] == ["Content-Type"]


def test_without_pages_nothing_is_opened(variation: Variation) -> None:
    """R-B2: also not for an API that is off."""
    off = variation("dev", api={"enabled": False, "cors_origins": ["https://data.example.com"]})
    for each in (variation("dev"), off):
        assert not each["foundation"].any_resources("aws_s3_bucket_cors_configuration")
