"""The regions that AWS has, and the partition of each, from the data that botocore ships."""

import functools
import importlib.util
import json
import re
from pathlib import Path


@functools.cache
def partitions_by_region() -> dict[str, str]:
    """Return the partition (``aws``, ``aws-cn``, ...) of every known region.

    The file is read without importing botocore, which would cost more than the whole model.
    Pseudo regions such as ``aws-global`` are left out: nothing can be deployed into them.
    """
    spec = importlib.util.find_spec("botocore")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("botocore is not installed; run `make setup`")
    data = json.loads((Path(spec.origin).parent / "data" / "partitions.json").read_bytes())
    return {
        region: partition["id"]
        for partition in data["partitions"]
        for region in partition["regions"]
        if re.fullmatch(partition["regionRegex"], region)
    }
