"""Code that lies in S3: of a function or a layer, in the version that is named.

Stands in for `_validate_s3_bucket_and_key` of `moto.awslambda.models` and for the part of
`LambdaFunction._set_function_code` that takes code from S3: both read the latest version, whatever
`S3ObjectVersion` says, and take a key that is missing for empty code.

https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html
"""

from __future__ import annotations

from typing import Any

from moto.awslambda import models
from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaFunction
from moto.s3.exceptions import MissingBucket
from moto.s3.models import s3_backends

_set_code = LambdaFunction._set_function_code

_MESSAGES = {
    "NoSuchBucket": "The specified bucket does not exist",
    "NoSuchKey": "The specified key does not exist.",
    "NoSuchVersion": "The specified version does not exist.",
}


def _refused(code: str) -> InvalidParameterValueException:
    return InvalidParameterValueException(
        f"Error occurred while GetObject. S3 Error Code: {code}. "
        f"S3 Error Message: {_MESSAGES[code]}"
    )


def find(account: str, partition: str, data: dict[str, Any]) -> Any:
    """Return moto's object that `S3Bucket`, `S3Key` and `S3ObjectVersion` name.

    Raises
    ------
    InvalidParameterValueException
        There is no such bucket, key or version.
    """
    version = data.get("S3ObjectVersion") or None
    try:
        found = s3_backends[account][partition].get_object(
            data["S3Bucket"], data["S3Key"], version_id=version
        )
    except MissingBucket as missing:
        raise _refused("NoSuchBucket") from missing
    if found is None:
        raise _refused("NoSuchVersion" if version else "NoSuchKey")
    return found


def _set_function_code(self: Any, updated_spec: dict[str, Any]) -> None:
    updates = updated_spec is not self.code and not updated_spec.get("DryRun")
    if not (updates and "S3Key" in updated_spec and "ZipFile" not in updated_spec):
        _set_code(self, updated_spec)
        return
    content = models._s3_content(find(self.account_id, self.partition, updated_spec))
    self.code_bytes, self.code_size, self.code_sha_256, self.code_digest = content
    names = ("S3Bucket", "S3Key", "S3ObjectVersion")
    self.code = {name: updated_spec[name] for name in names if updated_spec.get(name)}


def install() -> None:
    """Take code from S3 our way."""
    models._validate_s3_bucket_and_key = find
    LambdaFunction._set_function_code = _set_function_code
