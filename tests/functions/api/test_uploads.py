"""URLs by which files are sent that are too large for a request (R-E5)."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.datasets import dataset_of

from .conftest import VARIABLES, Api, Response, connected, event
from .test_refusals import is_problem

BUCKET = VARIABLES["INGESTION_BUCKET"]


def ask(api: Api, body: Any, media_type: str = "application/json") -> Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": media_type}
    return api.send(event("POST", "/uploads", "/uploads", headers=headers, body=content))


@pytest.mark.parametrize(
    ("dataset", "name", "key", "form"),
    [
        ("orders", "a.jsonl", "orders/api-uploads/a.jsonl", "JSON Lines: one record on each line"),
        ("orders", "a.json.gz", "orders/api-uploads/a.json.gz", "one JSON array of the records"),
        ("visits", "a_1.CSV.csv", "in/visits-api-uploads/a_1.CSV.csv", "CSV with a header"),
    ],
)
def test_a_file_gets_a_url_into_the_datasets_prefix(
    api: Api, dataset: str, name: str, key: str, form: str
) -> None:
    """R-E5: one PUT within 15 minutes, whatever else the client has no right to."""
    given = ask(api, {"dataset": dataset, "name": name})

    assert given.status == 200
    upload = given.json
    assert (upload["method"], upload["bucket"], upload["key"]) == ("PUT", BUCKET, key)
    assert upload["format"] == form
    assert "headers" not in upload
    found = dataset_of(key)
    assert found is not None
    assert found.name == dataset
    url = urlsplit(upload["url"])
    signed = parse_qs(url.query)
    assert url.path.endswith(key)
    assert signed["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert (signed["X-Amz-Expires"], signed["X-Amz-SignedHeaders"]) == (["900"], ["host"])
    assert api.objects() == []


def test_a_media_type_is_signed_and_told(api: Api) -> None:
    """R-E5: S3 refuses another one."""
    upload = ask(api, {"dataset": "orders", "name": "a.csv", "contentType": "text/csv"}).json

    assert upload["headers"] == {"Content-Type": "text/csv"}
    signed = parse_qs(urlsplit(upload["url"]).query)
    assert signed["X-Amz-SignedHeaders"] == ["content-type;host"]


@pytest.mark.parametrize("region", ["us-east-1", "us-west-2", "eu-central-1"])
def test_urls_are_those_of_the_buckets_region(
    surroundings: None, monkeypatch: pytest.MonkeyPatch, region: str
) -> None:
    """R-A10, R-E5: the global endpoint redirects a PUT, or asks a region that is lost."""
    monkeypatch.setenv("AWS_REGION", region)
    api = connected()
    url = ask(api, {"dataset": "orders", "name": "a.csv"}).json["url"]
    large = api.post({"dataset": "orders", "record": {"id": "a" * 30_000, "total": 1}})

    for each in (url, large.json["upload"]["url"]):
        parts = urlsplit(each)
        assert (parts.scheme, parts.netloc) == ("https", f"{BUCKET}.s3.{region}.amazonaws.com")
        assert parts.path.startswith("/orders/api-uploads/")
        assert f"/{region}/s3/aws4_request" in parse_qs(parts.query)["X-Amz-Credential"][0]


@pytest.mark.parametrize("name", ["a.txt", "a", "jsonl", "a.jsonl.zip", "A.JSONL"])
def test_a_name_that_the_dataset_has_no_files_of_is_refused(api: Api, name: str) -> None:
    """R-E5: it would be stored and never processed."""
    given = ask(api, {"dataset": "orders", "name": name})

    assert is_problem(given, 422)
    assert given.details == [
        ("/name", "must end with one of: .jsonl, .jsonl.gz, .json, .json.gz, .csv, .csv.gz")
    ]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b"", [""]),
        (b"{", [""]),
        (b"[]", [""]),
        ({}, ["/dataset", "/name"]),
        ({"dataset": "", "name": ""}, ["/dataset", "/name"]),
        ({"dataset": 1, "name": None}, ["/dataset", "/name"]),
        ({"dataset": "orders", "name": "../a.csv"}, ["/name"]),
        ({"dataset": "orders", "name": "a/b.csv"}, ["/name"]),
        ({"dataset": "orders", "name": ".csv"}, ["/name"]),
        ({"dataset": "orders", "name": "a.csv\n"}, ["/name"]),
        ({"dataset": "orders", "name": "a" * 197 + ".csv"}, ["/name"]),
        ({"dataset": "orders", "name": "a.csv", "size": 1}, ["/size"]),
        ({"dataset": "orders", "name": "a.csv", "contentType": "csv"}, ["/contentType"]),
        ({"dataset": "orders", "name": "a.csv", "contentType": "a/b\r\nX: y"}, ["/contentType"]),
    ],
)
def test_what_is_no_such_request_is_refused(api: Api, body: Any, pointers: list[str]) -> None:
    """R-E5: naming every member that is wrong."""
    given = ask(api, body)

    assert is_problem(given, 400)
    assert sorted(pointer for pointer, _ in given.details) == pointers


def test_a_dataset_that_does_not_exist_is_told(api: Api) -> None:
    """R-E5."""
    given = ask(api, {"dataset": "none", "name": "a.csv"})

    assert is_problem(given, 404)
    assert given.json["datasets"] == ["orders", "visits"]


def test_the_body_is_json(api: Api) -> None:
    """R-E5."""
    assert is_problem(ask(api, {"dataset": "orders", "name": "a.csv"}, "text/csv"), 415)
