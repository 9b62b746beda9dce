"""What the API of a deployed environment refuses, and how it tells."""

import json
import time
import uuid

import pytest
import urllib3

from tests.end_to_end.deployed.calling import IS_JSON, JSON, Api, Reply
from tests.end_to_end.deployed.conftest import ORIGINS, PRIMARY, SECONDARY, Deployment
from tests.end_to_end.deployed.requesting import Requests, order


def test_records_that_are_not_valid_are_refused_with_every_reason(primary: Api) -> None:
    """R-C3, R-E5: JSON Pointers into the body; nothing is stored, nothing is begun."""
    good, bad = order(), order(0, **{"Unit Price": "cheap"})

    reply = primary.post({"dataset": "orders", "records": [good, bad]})

    assert reply.status == 422
    pointers = {each["pointer"] for each in reply.problem["errors"]}
    assert pointers == {"/records/1/Units Sold", "/records/1/Unit Price"}
    assert primary.get(f"/records/orders%23{good['uuid']}").status == 404


@pytest.mark.parametrize(
    ("body", "kind", "status", "told"),
    [
        (b"", JSON, 400, "body"),
        (b'{"dataset": ', JSON, 400, "body"),
        (b'{"dataset": "orders", "recrods": []}', JSON, 400, "recrods"),
        (b'{"dataset": "order", "record": {}}', JSON, 404, "There is no dataset"),
        (b"uuid,Units Sold\n", "text/csv", 415, ""),
    ],
    ids=["empty", "cut", "misspelt", "unknown dataset", "CSV"],
)
def test_what_is_no_request_is_refused(
    primary: Api, body: bytes, kind: str, status: int, told: str
) -> None:
    """R-E5: by the gateway or by the function, the answer is a problem."""
    reply = primary.call("POST", "/process", body, headers={"Content-Type": kind})

    assert (reply.status, reply.problem["status"]) == (status, status), reply
    assert told in reply.content.decode()


def test_a_key_names_one_request_and_no_other(primary: Api) -> None:
    """R-E5: with keys the same records can come twice; a key with other records is a conflict."""
    asked = {"dataset": "orders", "record": order()}
    first, second = uuid.uuid4().hex, uuid.uuid4().hex

    replies = [primary.post(asked, key) for key in (first, second)]
    other = primary.post({**asked, "record": order()}, first)

    assert [reply.status for reply in replies] == [202, 202]
    assert replies[0].json["id"] != replies[1].json["id"]
    assert other.status == 409
    assert "Idempotency-Key" in other.problem["detail"]
    ended = [primary.end(reply.json["id"])["counts"] for reply in replies]
    assert {counts["read"] for counts in ended} == {1}


def test_a_body_that_is_too_large_is_told_where_to_be_uploaded(secondary: Api) -> None:
    """R-E5: one PUT to the URL that the answer has, and it is processed as a file."""
    group = uuid.uuid4().hex
    records = [{"value": "x" * 300_000, "group": group, "number": each} for each in range(18)]
    content = json.dumps(records).encode()

    reply = secondary.call(
        "POST",
        "/process",
        b'{"dataset": "readings", "records": ' + content + b"}",
        headers=IS_JSON,
    )

    assert reply.status == 413, reply.status
    upload = reply.problem["upload"]
    assert (upload["method"], upload["format"]) == ("PUT", "one JSON array of the records")
    put = urllib3.request("PUT", upload["url"], body=content, retries=False)
    assert put.status == 200, put.data
    deployed = secondary.deployed
    object_id = f"readings/{upload['key']}#{put.headers['x-amz-version-id']}"
    requests = Requests(deployed, SECONDARY)
    deadline = time.monotonic() + 120
    while (entry := requests.entry(object_id)).get("status") != "COMPLETED":
        assert time.monotonic() < deadline, entry
        time.sleep(0.2)
    assert (entry["read"], entry["stored"]) == ("18", "18")


def test_requests_without_a_right_signature_are_refused(api: Api, deployed: Deployment) -> None:
    """R-C4, R-E5: none, by another secret, for another region; open routes need none."""
    other = SECONDARY if api.region == PRIMARY else PRIMARY
    path = "/records?dataset=orders"
    target = f"/{api.stage}{path}"
    elsewhere = Api(deployed, other).signature("GET", target, None, {})
    forged = Api(deployed, api.region, secret="not the secret")

    replies = [
        api.call("GET", path, signed=False),
        api.call("POST", "/process", b"{}", signed=False, headers=IS_JSON),
        forged.get(path),
        forged.post({"dataset": "orders", "record": order()}),
        api.call("GET", path, signed=False, headers=elsewhere),
        api.call("GET", "/no/such/path", signed=False),
    ]

    assert {reply.status for reply in replies} == {403}
    assert {reply.problem["title"] for reply in replies} == {"Forbidden"}
    assert api.call("GET", "/health", signed=False).status in (200, 503)


def test_pages_of_the_allowed_origins_may_call(api: Api) -> None:
    """R-E5: the preflight needs no signature; others are told nothing."""
    allow = "Access-Control-Allow-Origin"

    def preflight(path: str, origin: str) -> Reply:
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        return api.call("OPTIONS", path, signed=False, headers=headers)

    for path in ("/process", f"/process/{'0' * 32}", "/records", "/records/orders%231"):
        for origin in ORIGINS:
            reply = preflight(path, origin)
            assert (reply.status, reply.headers[allow]) == (204, origin)
            assert "Authorization" in reply.headers["Access-Control-Allow-Headers"]
        other = preflight(path, "https://example.net")
        assert allow not in other.headers

    path = "/records?dataset=orders&limit=1"
    answer = api.call("GET", path, headers={"Origin": ORIGINS[1]})
    assert (answer.status, answer.headers[allow]) == (200, ORIGINS[1])
    assert "Location" in answer.headers["Access-Control-Expose-Headers"]
    assert allow not in api.get(path).headers


def test_too_many_requests_are_told_to_come_later(secondary: Api, deployed: Deployment) -> None:
    """R-E5: by the stage's limits, which count for each method."""
    gateway = deployed.aws.client("apigateway", SECONDARY)
    stage = {"restApiId": secondary.id, "stageName": secondary.stage}
    settings = gateway.get_stage(**stage)["methodSettings"]["*/*"]
    before = {
        "burstLimit": str(settings["throttlingBurstLimit"]),
        "rateLimit": str(settings["throttlingRateLimit"]),
    }

    def limit(values: dict[str, str]) -> None:
        changes = [
            {"op": "replace", "path": f"/*/*/throttling/{name}", "value": value}
            for name, value in values.items()
        ]
        gateway.update_stage(**stage, patchOperations=changes)

    path = f"/process/{'0' * 32}"
    limit({"burstLimit": "2", "rateLimit": "0.01"})
    try:
        replies = [secondary.get(path) for _ in range(5)]
    finally:
        limit(before)

    assert [reply.status for reply in replies] == [404, 404, 429, 429, 429]
    assert replies[-1].problem["title"] == "Too Many Requests"
    assert replies[-1].headers["Retry-After"] == "1"
    assert secondary.get(path).status == 404
