"""Buckets, their settings and objects live through Terraform's whole cycle (R-A2, R-B2, R-D3)."""

import copy
import json
from typing import Any

from botocore.exceptions import ClientError

from tests.provider.conftest import RunningAws, Terraform

PREFIX = "p1-s3"


def bucket_reference(name: str = "main") -> str:
    return f"${{aws_s3_bucket.{name}.id}}"


def policy(effect: str = "Deny") -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": effect,
                "Principal": "*",
                "Action": "s3:*",
                "Resource": ["${aws_s3_bucket.main.arn}", "${aws_s3_bucket.main.arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def everything() -> dict[str, dict[str, Any]]:
    name = bucket_reference()
    return {
        "aws_s3_bucket": {
            "main": {
                "bucket": f"{PREFIX}-main",
                "force_destroy": True,
                "tags": {"Purpose": "test"},
            },
            "copy": {"bucket": f"{PREFIX}-copy", "region": "us-west-2", "force_destroy": True},
        },
        "aws_s3_bucket_versioning": {
            "main": {"bucket": name, "versioning_configuration": {"status": "Enabled"}},
            "copy": {
                "bucket": bucket_reference("copy"),
                "region": "us-west-2",
                "versioning_configuration": {"status": "Enabled"},
            },
        },
        "aws_s3_bucket_server_side_encryption_configuration": {
            "main": {
                "bucket": name,
                "rule": [
                    {
                        "apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"},
                        "bucket_key_enabled": True,
                    }
                ],
            }
        },
        "aws_s3_bucket_public_access_block": {
            "main": {
                "bucket": name,
                "block_public_acls": True,
                "block_public_policy": True,
                "ignore_public_acls": True,
                "restrict_public_buckets": True,
            }
        },
        "aws_s3_bucket_ownership_controls": {
            "main": {"bucket": name, "rule": {"object_ownership": "BucketOwnerEnforced"}}
        },
        "aws_s3_bucket_lifecycle_configuration": {
            "main": {
                "bucket": name,
                "rule": [
                    {
                        "id": "archive",
                        "status": "Enabled",
                        "filter": [{}],
                        "transition": [{"days": 30, "storage_class": "GLACIER_IR"}],
                        "noncurrent_version_expiration": [{"noncurrent_days": 30}],
                    },
                    {
                        "id": "clean",
                        "status": "Enabled",
                        "filter": [{"prefix": "tmp/"}],
                        "expiration": [{"days": 3}],
                        "abort_incomplete_multipart_upload": [{"days_after_initiation": 1}],
                    },
                ],
            }
        },
        "aws_s3_bucket_policy": {
            "main": {
                "bucket": name,
                "policy": json.dumps(policy()),
                "depends_on": ["aws_s3_bucket_public_access_block.main"],
            }
        },
        "aws_s3_bucket_notification": {"main": {"bucket": name, "eventbridge": True}},
        "aws_s3_bucket_accelerate_configuration": {"main": {"bucket": name, "status": "Enabled"}},
        "aws_s3_bucket_cors_configuration": {
            "main": {
                "bucket": name,
                "cors_rule": [{"allowed_methods": ["PUT", "GET"], "allowed_origins": ["*"]}],
            }
        },
        "aws_s3_bucket_website_configuration": {
            "main": {
                "bucket": name,
                "index_document": {"suffix": "index.html"},
                "error_document": {"key": "error.html"},
            }
        },
        "aws_s3_object": {
            "text": {
                "bucket": name,
                "key": "a b/ü.txt",
                "content": "one",
                "tags": {"kind": "text"},
            },
            "file": {
                "bucket": name,
                "key": "file.bin",
                "source": "assets/file.bin",
                "source_hash": "1",
                "depends_on": ["aws_s3_bucket_versioning.main"],
            },
        },
    }


def test_everything_of_a_bucket_lives_through_the_whole_cycle(
    terraform: Terraform, aws: RunningAws
) -> None:
    """R-A2, R-B2: applied once, a second plan is empty; one change is one change; then it goes."""
    # Given a bucket with all its settings, and an object from a file in Terraform's folder
    (terraform.folder / "assets").mkdir()
    (terraform.folder / "assets/file.bin").write_bytes(b"\x00first")
    # When it is applied, then a second plan is empty
    terraform.lives(resource=everything())
    s3 = aws.client("s3")
    assert s3.get_object(Bucket=f"{PREFIX}-main", Key="file.bin")["Body"].read() == b"\x00first"
    assert s3.get_object(Bucket=f"{PREFIX}-main", Key="a b/ü.txt")["Body"].read() == b"one"
    state = terraform.state()
    assert state["aws_s3_bucket.copy"]["bucket_region"] == "us-west-2"
    assert state["aws_s3_object.file"]["version_id"]
    # And when settings change, then exactly those are planned and applied
    after = copy.deepcopy(everything())
    (terraform.folder / "assets/file.bin").write_bytes(b"\x00second")
    after["aws_s3_object"]["file"]["source_hash"] = "2"
    after["aws_s3_bucket"]["main"]["tags"]["Purpose"] = "other"
    rules = after["aws_s3_bucket_lifecycle_configuration"]["main"]["rule"]
    rules[1]["expiration"][0]["days"] = 4
    # (the same policy in other white space and order is no change)
    reordered = policy()["Statement"][0]
    after["aws_s3_bucket_policy"]["main"]["policy"] = json.dumps(
        {"Statement": [dict(reversed(reordered.items()))], "Version": "2012-10-17"}, indent=3
    )
    changes = terraform.changes_to(resource=after)
    assert {name: actions for name, (actions, _) in changes.items()} == {
        "aws_s3_bucket.main": ["update"],
        "aws_s3_bucket_lifecycle_configuration.main": ["update"],
        "aws_s3_object.file": ["update"],
    }
    assert changes["aws_s3_bucket.main"][1] == {"tags", "tags_all"}
    assert changes["aws_s3_bucket_lifecycle_configuration.main"][1] == {"rule"}
    assert {"source_hash", "version_id"} <= changes["aws_s3_object.file"][1]
    assert s3.get_object(Bucket=f"{PREFIX}-main", Key="file.bin")["Body"].read() == b"\x00second"
    # And when it is destroyed, then nothing is left, whatever others put into the bucket
    s3.put_object(Bucket=f"{PREFIX}-main", Key="from-elsewhere", Body=b"x")
    terraform.is_gone()
    names = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    assert not {f"{PREFIX}-main", f"{PREFIX}-copy"} & names


def test_a_bucket_replicates_and_notifies_a_queue(terraform: Terraform, aws: RunningAws) -> None:
    """R-A2, R-A3: replication and direct notifications are planned once and stay."""
    queue = aws.client("sqs").create_queue(QueueName=f"{PREFIX}-queue")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{aws.account}:{PREFIX}-queue"
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    access = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    aws.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": access})
    role = f"arn:aws:iam::{aws.account}:role/replication"
    buckets = ("from", "to")
    resources = {
        "aws_s3_bucket": {n: {"bucket": f"{PREFIX}-{n}", "force_destroy": True} for n in buckets},
        "aws_s3_bucket_versioning": {
            n: {
                "bucket": bucket_reference(n),
                "versioning_configuration": {"status": "Enabled"},
            }
            for n in buckets
        },
        "aws_s3_bucket_replication_configuration": {
            "main": {
                "bucket": bucket_reference("from"),
                "role": role,
                "rule": [
                    {
                        "id": "all",
                        "status": "Enabled",
                        "priority": 1,
                        "filter": {"prefix": ""},
                        "delete_marker_replication": {"status": "Disabled"},
                        "destination": {"bucket": "${aws_s3_bucket.to.arn}"},
                    },
                    {
                        "id": "tagged",
                        "status": "Enabled",
                        "priority": 2,
                        "filter": {"and": {"prefix": "in/", "tags": {"keep": "yes"}}},
                        "delete_marker_replication": {"status": "Disabled"},
                        "destination": {"bucket": "${aws_s3_bucket.to.arn}"},
                    },
                ],
                "depends_on": ["aws_s3_bucket_versioning.from", "aws_s3_bucket_versioning.to"],
            }
        },
        "aws_s3_bucket_notification": {
            "main": {
                "bucket": bucket_reference("from"),
                "queue": [
                    {
                        "queue_arn": arn,
                        "events": ["s3:ObjectCreated:*"],
                        "filter_prefix": "in/",
                        "filter_suffix": ".csv",
                    }
                ],
            }
        },
    }
    terraform.lives(resource=resources)
    found = aws.client("s3").get_bucket_replication(Bucket=f"{PREFIX}-from")
    filters = [rule["Filter"] for rule in found["ReplicationConfiguration"]["Rules"]]
    tagged = {"Prefix": "in/", "Tags": [{"Key": "keep", "Value": "yes"}]}
    assert filters == [{"Prefix": ""}, {"And": tagged}]
    notification = aws.client("s3").get_bucket_notification_configuration(Bucket=f"{PREFIX}-from")
    assert notification["QueueConfigurations"][0]["Events"] == ["s3:ObjectCreated:*"]
    terraform.is_gone()


def test_what_is_changed_by_hand_is_planned_back(terraform: Terraform, aws: RunningAws) -> None:
    """Drift: settings changed behind Terraform's back, and a bucket that is gone."""
    resources = {
        "aws_s3_bucket": {"main": {"bucket": f"{PREFIX}-drift", "tags": {"a": "1"}}},
        "aws_s3_bucket_versioning": {
            "main": {
                "bucket": bucket_reference(),
                "versioning_configuration": {"status": "Enabled"},
            }
        },
    }
    terraform.lives(resource=resources)
    s3 = aws.client("s3")
    s3.put_bucket_versioning(
        Bucket=f"{PREFIX}-drift", VersioningConfiguration={"Status": "Suspended"}
    )
    s3.put_bucket_tagging(
        Bucket=f"{PREFIX}-drift", Tagging={"TagSet": [{"Key": "a", "Value": "2"}]}
    )
    changes = terraform.changes()
    assert changes["aws_s3_bucket.main"] == (["update"], {"tags", "tags_all"})
    assert changes["aws_s3_bucket_versioning.main"] == (["update"], {"versioning_configuration"})
    s3.delete_bucket(Bucket=f"{PREFIX}-drift")
    assert terraform.changes()["aws_s3_bucket.main"][0] == ["create"]
    assert terraform.apply().code == 0
    terraform.is_gone()


def test_access_logs_go_to_another_bucket(terraform: Terraform, aws: RunningAws) -> None:
    """The logging setting, with its grants; its target must let the log delivery write."""
    everybody = {"type": "Group", "uri": "http://acs.amazonaws.com/groups/global/AllUsers"}
    resources = {
        "aws_s3_bucket": {
            n: {"bucket": f"{PREFIX}-{n}", "force_destroy": True} for n in ("logged", "logs")
        },
        "aws_s3_bucket_policy": {
            "logs": {
                "bucket": bucket_reference("logs"),
                "policy": json.dumps(
                    {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Principal": {"Service": "logging.s3.amazonaws.com"},
                                "Action": ["s3:PutObject"],
                                "Resource": f"arn:aws:s3:::{PREFIX}-logs/*",
                            }
                        ],
                    }
                ),
            }
        },
        "aws_s3_bucket_logging": {
            "main": {
                "bucket": bucket_reference("logged"),
                "target_bucket": bucket_reference("logs"),
                "target_prefix": "access/",
                "target_grant": [{"permission": "READ", "grantee": everybody}],
                "target_object_key_format": {
                    "partitioned_prefix": {"partition_date_source": "EventTime"}
                },
                "depends_on": ["aws_s3_bucket_policy.logs"],
            }
        },
    }
    terraform.lives(resource=resources)
    logging = aws.client("s3").get_bucket_logging(Bucket=f"{PREFIX}-logged")["LoggingEnabled"]
    assert logging["TargetBucket"] == f"{PREFIX}-logs"
    assert logging["TargetGrants"][0]["Grantee"]["URI"] == everybody["uri"]
    # When somebody takes the grants away, they are planned back
    del logging["TargetGrants"]
    aws.client("s3").put_bucket_logging(
        Bucket=f"{PREFIX}-logged", BucketLoggingStatus={"LoggingEnabled": logging}
    )
    assert terraform.changes() == {"aws_s3_bucket_logging.main": (["update"], {"target_grant"})}
    terraform.is_gone()


def test_a_missing_file_is_named(terraform: Terraform) -> None:
    """An object whose source does not exist is an error that names the file."""
    resources = {
        "aws_s3_bucket": {"main": {"bucket": f"{PREFIX}-nofile"}},
        "aws_s3_object": {
            "o": {"bucket": bucket_reference(), "key": "o", "source": "assets/no.zip"}
        },
    }
    terraform.write(resource=resources)
    terraform.init()
    applied = terraform.apply()
    assert applied.code == 1
    assert "There is no file 'assets/no.zip'" in applied.text
    terraform.is_gone()


def test_an_existing_bucket_is_imported_and_not_taken_over(
    terraform: Terraform, aws: RunningAws
) -> None:
    """A bucket that exists is refused with AWS's code, and can be imported."""
    aws.client("s3").create_bucket(Bucket=f"{PREFIX}-there")
    terraform.write(resource={"aws_s3_bucket": {"main": {"bucket": f"{PREFIX}-there"}}})
    terraform.init()
    refused = terraform.apply()
    assert refused.code == 1
    assert "BucketAlreadyOwnedByYou" in refused.text
    imported = terraform.run(
        "import", "-input=false", "-no-color", "aws_s3_bucket.main", f"{PREFIX}-there"
    )
    assert imported.code == 0, imported.text
    done = terraform.apply()
    assert done.code == 0, done.text
    terraform.is_settled()
    terraform.is_gone()
    try:
        aws.client("s3").head_bucket(Bucket=f"{PREFIX}-there")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "404"  # noqa: PT017 - the answer of head_bucket
