"""``POST /uploads``: where a file is sent that is too large for a request.

The URL is one of S3 itself, so neither API Gateway's nor Lambda's limits hold for the file. It ends
under the dataset's prefix and is processed like any other file there.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from api.aws_request_objects import UPLOADS, RequestObjects
from api.deadline import Deadline
from api.exchange import Answer, Request
from api.problems import Problem, unknown_dataset, wrong_body
from shared.datasets import SUFFIXES, Dataset
from shared.json_text import NotJsonError, parse_json
from shared.pointers import json_pointer

FORMS = {
    "json": "one JSON array of the records",
    "jsonl": "JSON Lines: one record on each line",
    "csv": "CSV with a header",
}
_DATASET = (re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", re.ASCII), "the name of a dataset")
_NAME = (
    re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}", re.ASCII),
    "a file's name of 1 to 200 letters, digits, dots, hyphens and underscores",
)
_MEDIA_TYPE = (
    re.compile(r"(?=.{3,127}$)[A-Za-z0-9][\w!#$&^.+-]*/[A-Za-z0-9][\w!#$&^.+-]*", re.ASCII),
    "a media type such as text/csv",
)
_MEMBERS = {"dataset": _DATASET, "name": _NAME, "contentType": _MEDIA_TYPE}
_OPTIONAL = frozenset({"contentType"})


class Uploads:
    """Tells where files can be sent.

    Parameters
    ----------
    datasets : sequence of Dataset
        Those of the deployment.
    objects : RequestObjects
        Signs the URLs.
    """

    def __init__(self, datasets: Sequence[Dataset], objects: RequestObjects) -> None:
        self._datasets = {dataset.name: dataset for dataset in datasets}
        self._objects = objects

    def post(self, request: Request, _deadline: Deadline) -> Answer:
        """Answer with a URL that takes one file; nothing is stored by asking."""
        request.check_json()
        asked = _read(request.body())
        dataset = self._datasets.get(asked["dataset"])
        if dataset is None:
            raise unknown_dataset(asked["dataset"], sorted(self._datasets))
        name = asked["name"]
        form = next((each for each in dataset.formats if name.endswith(SUFFIXES[each])), None)
        if form is None:
            ends = ", ".join(dataset.suffixes)
            error = {"pointer": "/name", "detail": f"must end with one of: {ends}"}
            raise Problem(422, "The dataset has no files of such a name.", errors=[error])
        key = f"{dataset.prefix}{UPLOADS}{name}"
        return Answer.of(200, self._objects.upload(key, FORMS[form], asked.get("contentType")))


def _read(body: bytes) -> Mapping[str, str]:
    """Read the body.

    Raises
    ------
    Problem
        400: names every member that is wrong.
    """
    try:
        asked: Any = parse_json(body)
    except NotJsonError as error:
        raise wrong_body(("", f"is not JSON: {error}")) from None
    if not isinstance(asked, dict):
        raise wrong_body(("", "must be an object"))
    allowed = ", ".join(_MEMBERS)
    errors = [
        (json_pointer([name])[:500], f"is not one of: {allowed}")
        for name in asked
        if name not in _MEMBERS
    ]
    for name, (pattern, meaning) in _MEMBERS.items():
        if name not in asked:
            errors += [] if name in _OPTIONAL else [(f"/{name}", "is missing")]
        elif not isinstance(asked[name], str) or not pattern.fullmatch(asked[name]):
            errors.append((f"/{name}", f"must be {meaning}"))
    if errors:
        raise wrong_body(*errors)
    return asked
