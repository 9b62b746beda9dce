"""botocore's descriptions of AWS services, without what no function ever looks at.

They are the largest files of the layer, and a function parses those of its services at each cold
start: three quarters of them are documentation, and other services' endpoints.
"""

import gzip
import json
from collections.abc import Collection
from pathlib import PurePosixPath
from typing import Any

AWS_SERVICES = ("dynamodb", "s3", "secretsmanager", "sns", "sqs", "stepfunctions", "sts")
"""The services that the functions call: the descriptions of the other 400 stay out."""

_WITHOUT_RULES = ("dynamodb",)
"""Services whose endpoints botocore takes from ``endpoints.json`` instead of evaluating rules.

It does so where there are none, and would evaluate them for every request: a tenth of what a batch
costs. What they add to the regions' endpoints is endpoints per account, dual stack and FIPS.
"""

_DOCUMENTED = {"operations", "shapes"}  # of the texts in other parts, botocore reads some
_SERVICE, _RULES = "service-2.json", "endpoint-rule-set-1.json"


def is_used(name: str) -> bool:
    """Return whether a function may need a file of botocore or boto3."""
    path = PurePosixPath(name)
    # botocore/data/<service>/... and boto3/data/<service>/...; files directly in data/ are for all.
    if path.parts[:2] not in (("botocore", "data"), ("boto3", "data")) or len(path.parts) < 4:
        return True
    if path.parts[2] not in AWS_SERVICES or path.name.startswith("examples-"):
        return False
    return not (path.parts[2] in _WITHOUT_RULES and path.name.startswith(_RULES))


def trimmed(name: str, content: bytes) -> tuple[str, bytes]:
    """Return a file of a wheel as it goes into the layer, and its name there."""
    path = PurePosixPath(name)
    if path.parts[:2] != ("botocore", "data"):
        return name, content
    if path.name == "endpoints.json":
        return name, _written(_endpoints(json.loads(content), AWS_SERVICES))
    if path.name in (f"{_SERVICE}.gz", f"{_RULES}.gz"):
        # Unpacked: reading it takes less time than unpacking it at each start.
        found = json.loads(gzip.decompress(content))
        for part in _DOCUMENTED.intersection(found):
            found[part] = _undocumented(found[part])
        return name.removesuffix(".gz"), _written(found)
    return name, content


def _endpoints(content: Any, services: Collection[str]) -> Any:
    for partition in content["partitions"]:
        known = partition["services"]
        partition["services"] = {name: known[name] for name in known if name in services}
    return content


def _undocumented(value: Any) -> Any:
    """Return a description without its texts; a member that is called so has an object there."""
    if isinstance(value, dict):
        return {
            name: _undocumented(inner)
            for name, inner in value.items()
            if not (name in ("documentation", "documentationUrl") and isinstance(inner, str))
        }
    if isinstance(value, list):
        return [_undocumented(inner) for inner in value]
    return value


def _written(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()
