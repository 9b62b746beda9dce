"""What S3's operations need.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html (each operation's
"Permissions") and
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from embedded_aws.iam.refusal import RefusedError
from embedded_aws.state import RUN

from .need import Keys, Need, keys_of
from .passing import pass_role
from .s3_actions import BUCKET_ACTIONS, OBJECT_ACTIONS, VERSIONED
from .s3_encryption import encryption_needs, find_bucket, find_object

if TYPE_CHECKING:
    from embedded_aws.iam.call import ApiCall

COPIES = {"CopyObject", "UploadPartCopy"}
TELLTALE = {"GetObject", "HeadObject"}
"""Answered 403 instead of 404 without s3:ListBucket, see
https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
"""

_KEY_IN_DELETE = re.compile(rb"<Object>(.*?)</Object>", re.DOTALL)


def needs(call: ApiCall) -> list[Need]:
    """Give the permissions that an S3 call needs."""
    operation = call.operation
    bucket, key = call.uri.get("Bucket", ""), call.uri.get("Key", "")
    resource = f"arn:aws:s3:::{bucket}" if bucket else "*"
    if operation == "DeleteObjects":
        return [_delete(call, bucket, element) for element in _KEY_IN_DELETE.findall(call.body)]
    if not key:
        action = BUCKET_ACTIONS.get(operation, operation)
        found = [Need(f"s3:{action}", resource, lambda: _keys(call))]
        if operation == "PutBucketReplication":
            role = re.search(rb"<Role>([^<]+)</Role>", call.body)
            found += pass_role(role[1].decode() if role else None, "s3.amazonaws.com")
        return found
    return _object_needs(call, operation, bucket, key)


def _object_needs(call: ApiCall, operation: str, bucket: str, key: str) -> list[Need]:
    action = OBJECT_ACTIONS.get(operation, operation)
    if "versionId" in call.query:
        action = VERSIONED.get(action, action)
    resource = f"arn:aws:s3:::{bucket}/{key}"
    found = [Need(f"s3:{action}", resource, lambda: _keys(call))]
    if operation == "GetObjectAttributes":
        attributes = "GetObjectVersionAttributes" if "versionId" in call.query else operation
        found.append(Need(f"s3:{attributes}", resource, lambda: _keys(call)))
    if operation in COPIES:
        found += _source(call)
    if "x-amz-tagging" in call.headers:
        found.append(Need("s3:PutObjectTagging", resource, lambda: _keys(call)))
    if "x-amz-acl" in call.headers and operation != "PutObjectAcl":
        found.append(Need("s3:PutObjectAcl", resource, lambda: _keys(call)))
    if "x-amz-object-lock-mode" in call.headers:
        found.append(Need("s3:PutObjectRetention", resource, lambda: _keys(call)))
    if operation in TELLTALE and find_bucket(bucket) is not None:
        version = call.query.get("versionId")
        if find_object(bucket, key, version) is None:
            # Whether an object exists is for those to know who may list the bucket.
            found.append(Need("s3:ListBucket", f"arn:aws:s3:::{bucket}", lambda: _keys(call)))
    return found + encryption_needs(call, operation, bucket, key)


def _source(call: ApiCall) -> list[Need]:
    path, _, query = call.headers.get("x-amz-copy-source", "").lstrip("/").partition("?versionId=")
    name = unquote(path)
    action = "s3:GetObjectVersion" if query else "s3:GetObject"
    bucket, _, key = name.partition("/")
    return [
        Need(action, f"arn:aws:s3:::{name}", lambda: _keys(call)),
        *encryption_needs(call, "GetObject", bucket, key),
    ]


def _delete(call: ApiCall, bucket: str, element: bytes) -> Need:
    from xml.etree import ElementTree as Xml  # noqa: PLC0415 - own clients on loopback

    try:
        entry = Xml.fromstring(b"<Object>" + element + b"</Object>")  # noqa: S314
    except Xml.ParseError as unreadable:
        message = "The XML you provided was not well-formed or did not validate against our "
        raise RefusedError("MalformedXML", message + "published schema", 400) from unreadable
    version = entry.findtext("VersionId")
    return Need(
        "s3:DeleteObjectVersion" if version else "s3:DeleteObject",
        f"arn:aws:s3:::{bucket}/{entry.findtext('Key')}",
        lambda: _keys(call),
    )


def _keys(call: ApiCall) -> Keys:
    query, headers = call.query, call.headers
    found = {
        "s3:prefix": query.get("prefix"),
        "s3:delimiter": query.get("delimiter"),
        "s3:max-keys": query.get("max-keys"),
        "s3:versionid": query.get("versionId"),
        "s3:authtype": "REST-QUERY-STRING" if "X-Amz-Credential" in query else "REST-HEADER",
        "s3:signatureversion": "AWS4-HMAC-SHA256" if call.access_key else None,
        "s3:tlsversion": "1.3",
        "s3:resourceaccount": RUN.account,
    }
    for name, value in headers.items():
        if name.lower().startswith("x-amz-"):
            found[f"s3:{name.lower()}"] = value
    for pair in (headers.get("x-amz-tagging") or "").split("&"):
        name, separator, value = pair.partition("=")
        if separator:
            found[f"s3:requestobjecttag/{unquote(name).lower()}"] = unquote(value)
    return keys_of(found)
