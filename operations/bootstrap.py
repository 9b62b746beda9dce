"""Makes what has to exist before Terraform's first run: state buckets and workspaces.

Idempotent. An empty state per stack and workspace stands in for ``terraform workspace new``, so
that ``TF_WORKSPACE=x cdktf deploy`` never waits at a prompt.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import ClientError

from operations.command_line import configuration, parser, run
from operations.errors import OperationError
from pipeline.config import Environment
from pipeline.layout import stack_homes
from pipeline.naming import Names

_STATE_VERSION = 4
_KEPT_DAYS, _KEPT_VERSIONS = 90, 20


def bootstrap(
    environment: Environment, session: boto3.Session | None = None, endpoint: str | None = None
) -> list[str]:
    """Make the state buckets of both regions and an empty state for each stack.

    Parameters
    ----------
    environment
        The configuration.
    session
        Where credentials come from; the default session when omitted.
    endpoint
        The URL of what stands in for AWS, if anything does.

    Returns
    -------
    list of str
        What was made, for people; empty when everything was there.

    Raises
    ------
    OperationError
        When the credentials are those of another account, or a bucket is somebody else's.
    """
    session = session or boto3.Session()
    names = Names(environment)
    homes = stack_homes(environment)
    made: list[str] = []
    for region in dict.fromkeys(homes.values()):
        s3 = session.client("s3", region_name=region, endpoint_url=endpoint)
        sts = session.client("sts", region_name=region, endpoint_url=endpoint)
        check_account(sts, environment)
        made += _make_bucket(s3, names.state_bucket(region), region, environment.account.id)
        for stack in (each for each, home in homes.items() if home == region):
            key = workspace_key(environment, names, stack)
            made += _make_state(s3, names.state_bucket(region), key)
    return made


def workspace_key(environment: Environment, names: Names, stack: str) -> str:
    """Return where the S3 backend keeps the state of a stack in the environment's workspace."""
    return f"env:/{environment.environment}/{names.state_key(stack)}"


def check_account(sts: Any, environment: Environment) -> None:
    """Raise `OperationError` when the credentials are those of another account."""
    found = sts.get_caller_identity()["Account"]
    if found != environment.account.id:
        raise OperationError(
            f"the credentials are those of the AWS account {found}, but environments/"
            f"{environment.environment}.toml has account.id = {environment.account.id}. Use that"
            " account's credentials, or put your account's id into the file."
        )


def _make_bucket(s3: Any, bucket: str, region: str, account: str) -> Iterator[str]:
    try:
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise OperationError(
                f"the state bucket {bucket} cannot be used ({error}). If it belongs to somebody"
                " else, choose another name with state.bucket in the environment file."
            ) from error
        location = {"LocationConstraint": region}
        arguments = {} if region == "us-east-1" else {"CreateBucketConfiguration": location}
        s3.create_bucket(Bucket=bucket, **arguments)
        yield f"bucket {bucket}"
    _protect_bucket(s3, bucket)


def _protect_bucket(s3: Any, bucket: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [default]})
    arn = f"arn:{s3.meta.partition}:s3:::{bucket}"
    tls_only = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [tls_only]})
    s3.put_bucket_policy(Bucket=bucket, Policy=document)
    # Each lock leaves an object version and a delete marker behind.
    bounded = {
        "ID": "bounded",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {
            "NoncurrentDays": _KEPT_DAYS,
            "NewerNoncurrentVersions": _KEPT_VERSIONS,
        },
        "Expiration": {"ExpiredObjectDeleteMarker": True},
    }
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [bounded]}
    )


def _make_state(s3: Any, bucket: str, key: str) -> Iterator[str]:
    state = {
        "version": _STATE_VERSION,
        "terraform_version": "1.11.0",
        "serial": 0,
        "lineage": str(uuid.uuid4()),
        "outputs": {},
        "resources": [],
        "check_results": None,
    }
    try:
        # Never over a state that is there, also not when two people bootstrap at once.
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=json.dumps(state, indent=2).encode(),
            ContentType="application/json",
            IfNoneMatch="*",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("PreconditionFailed", "412"):
            raise
        return
    yield f"state {key}"


def main() -> int:
    """Bootstrap the environment of the command line."""
    arguments = parser("Make the state buckets and workspaces of an environment.").parse_args()
    environment = configuration(arguments.environment)
    for each in bootstrap(environment) or ["nothing: everything is there"]:
        print(f"made {each}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
