"""Functions, layers, aliases, permissions and invoke configurations."""

import base64
import hashlib
import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.provider.conftest import RunningAws, Terraform

BUCKET = "function-code-of-provider-tests"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
ROLE = "function-of-provider-tests"


def archive(text: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zipped:
        # A fixed date, so that the same text is the same archive.
        entry = zipfile.ZipInfo("app.py", (2020, 1, 1, 0, 0, 0))
        zipped.writestr(entry, f"def handler(event, context):\n    return {text!r}\n")
    return content.getvalue()


def sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


@pytest.fixture(scope="module")
def account(aws: RunningAws) -> Iterator[dict[str, str]]:
    """A bucket with code, and a role that functions may take."""
    s3, iam = aws.client("s3"), aws.client("iam")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    versions = {
        name: s3.put_object(Bucket=BUCKET, Key=f"{name}.zip", Body=archive(name))["VersionId"]
        for name in ("first", "second")
    }
    arn = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    yield {**versions, "role": arn}
    for name, version in versions.items():
        s3.delete_object(Bucket=BUCKET, Key=f"{name}.zip", VersionId=version)
    s3.delete_bucket(Bucket=BUCKET)
    iam.delete_role(RoleName=ROLE)


@pytest.fixture
def name() -> str:
    """Of function, layer and queue: numbers of a layer's versions go on after it was deleted."""
    return f"orders-{uuid.uuid4().hex[:8]}"


def function(account: dict[str, str], name: str, **changes: Any) -> dict[str, Any]:
    settings = {
        "function_name": name,
        "role": account["role"],
        "runtime": "python3.11",
        "handler": "app.handler",
        "architectures": ["arm64"],
        "s3_bucket": BUCKET,
        "s3_key": "first.zip",
        "s3_object_version": account["first"],
        "source_code_hash": sha256(archive("first")),
        "layers": ["${aws_lambda_layer_version.this.arn}"],
        "environment": {"variables": {"TABLE_NAME": "orders"}},
        "ephemeral_storage": {"size": 1024},
        "tracing_config": {"mode": "Active"},
        "logging_config": {"log_format": "JSON", "application_log_level": "INFO"},
        "dead_letter_config": {"target_arn": "${aws_sqs_queue.failures.arn}"},
        "memory_size": 256,
        "timeout": 60,
        "publish": True,
        "tags": {"Owner": "data"},
        **changes,
    }
    return {name: value for name, value in settings.items() if value is not None}


def configuration(
    account: dict[str, str], name: str, folder: Path, **changes: Any
) -> dict[str, Any]:
    (folder / "layer.zip").write_bytes(archive("layer"))
    return {
        "resource": {
            "aws_lambda_layer_version": {
                "this": {
                    "layer_name": name,
                    "filename": "layer.zip",
                    "compatible_runtimes": ["python3.11", "python3.13"],
                    "compatible_architectures": ["arm64"],
                }
            },
            "aws_sqs_queue": {"failures": {"name": name}},
            "aws_lambda_function": {"this": function(account, name, **changes)},
            "aws_lambda_alias": {
                "live": {
                    "name": "live",
                    "function_name": "${aws_lambda_function.this.function_name}",
                    "function_version": "1",
                    "description": changes.get("description", "what is live"),
                }
            },
            "aws_lambda_permission": {
                "bucket": {
                    "function_name": "${aws_lambda_function.this.function_name}",
                    "action": "lambda:InvokeFunction",
                    "principal": "s3.amazonaws.com",
                    "source_arn": f"arn:aws:s3:::{BUCKET}",
                    "source_account": aws_account(account),
                    "statement_id": "AllowBucket",
                }
            },
            "aws_lambda_function_event_invoke_config": {
                "this": {
                    "function_name": "${aws_lambda_function.this.function_name}",
                    "maximum_retry_attempts": 1,
                    "maximum_event_age_in_seconds": changes.get("timeout", 60) * 10,
                    "destination_config": {
                        "on_failure": {"destination": "${aws_sqs_queue.failures.arn}"}
                    },
                }
            },
        }
    }


def aws_account(account: dict[str, str]) -> str:
    return account["role"].split(":")[4]


def test_a_function_lives_with_everything_around_it(
    aws: RunningAws, terraform: Terraform, account: dict[str, str], name: str
) -> None:
    """R-A4, R-E3, R-D1: code from a version of an object, layer, alias, permission, retries."""
    # Given a function with a layer, an alias, a permission and asynchronous settings
    terraform.lives(**configuration(account, name, terraform.folder))

    # Then AWS has it as configured
    client = aws.client("lambda")
    found = client.get_function(FunctionName=name)
    settings = found["Configuration"]
    assert settings["CodeSha256"] == sha256(archive("first"))
    assert settings["Environment"]["Variables"] == {"TABLE_NAME": "orders"}
    assert settings["EphemeralStorage"]["Size"] == 1024
    assert settings["DeadLetterConfig"]["TargetArn"].endswith(f":{name}")
    assert settings["LoggingConfig"]["LogFormat"] == "JSON"
    assert (settings["MemorySize"], settings["Timeout"]) == (256, 60)
    assert found["Tags"] == {"Owner": "data"}
    policy = json.loads(client.get_policy(FunctionName=name)["Policy"])
    assert [one["Sid"] for one in policy["Statement"]] == ["AllowBucket"]

    # And the state has what AWS computed
    state = terraform.state()
    own = state["aws_lambda_function.this"]
    assert own["id"] == name
    assert own["version"] == "1"
    assert own["qualified_arn"] == f"{own['arn']}:1"
    assert own["invoke_arn"].endswith(f":lambda:path/2015-03-31/functions/{own['arn']}/invocations")
    assert state["aws_lambda_layer_version.this"]["id"].endswith(f":layer:{name}:1")
    assert state["aws_lambda_alias.live"]["arn"] == f"{own['arn']}:live"
    assert state["aws_lambda_permission.bucket"]["id"] == "AllowBucket"

    # When other code and settings are planned, they change in place and a version is published
    changes = terraform.changes_to(
        **configuration(
            account,
            name,
            terraform.folder,
            s3_key="second.zip",
            s3_object_version=account["second"],
            source_code_hash=sha256(archive("second")),
            timeout=90,
            description="second",
            environment={"variables": {"TABLE_NAME": "orders", "LOG_LEVEL": "DEBUG"}},
            tracing_config=None,
            dead_letter_config=None,
            reserved_concurrent_executions=7,
        )
    )
    assert {address: actions for address, (actions, _) in changes.items()} == {
        "aws_lambda_function.this": ["update"],
        "aws_lambda_alias.live": ["update"],
        "aws_lambda_function_event_invoke_config.this": ["update"],
    }
    assert changes["aws_lambda_function.this"][1] >= {"version", "qualified_arn", "code_sha256"}
    settings = client.get_function_configuration(FunctionName=name)
    assert settings["CodeSha256"] == sha256(archive("second"))
    assert (settings["Timeout"], settings["MemorySize"]) == (90, 256)
    assert settings["Environment"]["Variables"]["LOG_LEVEL"] == "DEBUG"
    assert "DeadLetterConfig" not in settings
    assert settings["TracingConfig"]["Mode"] == "PassThrough"
    concurrency = client.get_function_concurrency(FunctionName=name)
    assert concurrency["ReservedConcurrentExecutions"] == 7
    asynchronous = client.get_function_event_invoke_config(FunctionName=name)
    assert asynchronous["MaximumEventAgeInSeconds"] == 900
    assert terraform.state()["aws_lambda_function.this"]["version"] == "2"

    # When somebody removes the permission and changes the timeout, both are planned back
    client.remove_permission(FunctionName=name, StatementId="AllowBucket")
    client.update_function_configuration(FunctionName=name, Timeout=5)
    drifted = terraform.changes()
    assert drifted["aws_lambda_permission.bucket"][0] == ["create"]
    assert drifted["aws_lambda_function.this"][1] >= {"timeout"}

    # When all is destroyed, nothing is left
    terraform.is_gone()
    assert name not in {each["FunctionName"] for each in client.list_functions()["Functions"]}
    assert name not in {each["LayerName"] for each in client.list_layers()["Layers"]}


def test_new_code_reaches_the_function_in_the_same_apply(
    aws: RunningAws, terraform: Terraform, account: dict[str, str], name: str
) -> None:
    """R-E3: new content is a new version of the object, and the function runs that version."""

    def uploaded(text: str) -> dict[str, Any]:
        (terraform.folder / "code.zip").write_bytes(archive(text))
        code = {
            "bucket": BUCKET,
            "key": "uploaded.zip",
            "source": "code.zip",
            "source_hash": sha256(archive(text)),
        }
        processor = function(
            account,
            name,
            s3_key="${aws_s3_object.code.key}",
            s3_object_version="${aws_s3_object.code.version_id}",
            source_code_hash="${aws_s3_object.code.source_hash}",
            layers=None,
            dead_letter_config=None,
            publish=False,
        )
        return {"aws_s3_object": {"code": code}, "aws_lambda_function": {"this": processor}}

    # Given a function whose code is an object of the same configuration
    terraform.lives(resource=uploaded("before"))
    before = terraform.state()["aws_s3_object.code"]["version_id"]

    # When the archive changes
    changes = terraform.changes_to(resource=uploaded("after"))

    # Then the object gets a version, and the function its code
    assert changes["aws_s3_object.code"][0] == changes["aws_lambda_function.this"][0] == ["update"]
    assert {"s3_object_version", "source_code_hash"} <= changes["aws_lambda_function.this"][1]
    state = terraform.state()
    version = state["aws_s3_object.code"]["version_id"]
    assert state["aws_lambda_function.this"]["s3_object_version"] == version != before
    found = aws.client("lambda").get_function_configuration(FunctionName=name)
    assert found["CodeSha256"] == sha256(archive("after"))
    terraform.is_gone()


def test_a_function_without_code_says_which_object_is_missing(
    terraform: Terraform, account: dict[str, str], name: str
) -> None:
    """R-F1: a failed creation names the resource and AWS's reason, and leaves no function."""
    missing = function(
        account,
        name,
        s3_key="missing.zip",
        s3_object_version=None,
        layers=None,
        dead_letter_config=None,
    )
    terraform.write(resource={"aws_lambda_function": {"this": missing}})
    terraform.init()

    failed = terraform.apply()

    assert failed.code == 1
    assert "aws_lambda_function.this" in failed.text
    assert f"There is no code at s3://{BUCKET}/missing.zip" in failed.text
    assert terraform.state() == {}


def test_a_layer_from_a_missing_archive_names_the_file(terraform: Terraform) -> None:
    """R-F1: a relative path is relative to Terraform's folder."""
    layer = {"layer_name": "none", "filename": "nowhere/layer.zip"}
    terraform.write(resource={"aws_lambda_layer_version": {"this": layer}})
    terraform.init()

    failed = terraform.apply()

    assert failed.code == 1
    assert "nowhere/layer.zip" in failed.text


def test_a_new_archive_makes_a_new_layer_version_and_updates_the_function(
    terraform: Terraform, account: dict[str, str], name: str
) -> None:
    """R-F8: only what depends on the layer changes with it."""
    terraform.lives(**configuration(account, name, terraform.folder))
    changed = configuration(account, name, terraform.folder)
    changed["resource"]["aws_lambda_layer_version"]["this"]["source_code_hash"] = "another"

    changes = terraform.changes_to(**changed)

    assert sorted(changes["aws_lambda_layer_version.this"][0]) == ["create", "delete"]
    assert changes["aws_lambda_function.this"][0] == ["update"]
    layers = terraform.state()["aws_lambda_function.this"]["layers"]
    assert layers == [terraform.state()["aws_lambda_layer_version.this"]["arn"]]
    terraform.is_gone()
