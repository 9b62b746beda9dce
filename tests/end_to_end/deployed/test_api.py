"""The API of a deployed environment, called over HTTP in both regions."""

import json
import shutil
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import urllib3

from tests.end_to_end.deployed.calling import IS_JSON, JSON, Api
from tests.end_to_end.deployed.conftest import PRIMARY, SECONDARY, Deployment
from tests.end_to_end.deployed.requesting import Requests, mixed, order, wait_for_higher_rank

DOCUMENT = Path("constructs", "pipeline", "api", "openapi.json")
ALL_STORED = {"superseded": 0, "rejected": 0}


def measurement(station: str, second: int, **members: Any) -> dict[str, Any]:
    return {
        "station": station,
        "sensor": "T-1",
        "measuredAt": f"1999-07-01T00:00:{second:02}Z",
        "temperature": 7.25,
        **members,
    }


def test_a_record_ends_completed_and_can_be_read(api: Api) -> None:
    """R-C3, R-E5: 202 with where its state is; the same again is 200 with the accounts."""
    record = order(3, **{"Unit Price": 9.333333333333333333})
    asked = {"dataset": "orders", "record": record}

    reply = api.post(asked)

    assert reply.status == 202, reply
    assert reply.headers["Content-Type"] == JSON
    location = reply.headers["Location"]
    assert location == f"/{api.stage}/process/{reply.json['id']}" == reply.json["links"]["self"]
    assert (reply.json["region"], reply.json["attempt"]) == (api.region, 1)
    told = api.end(reply.json["id"])
    assert told["counts"] == {"read": 1, "stored": 1, **ALL_STORED}
    (item,) = api.record(f"orders#{record['uuid']}")
    assert (item["status"], item["data"]) == ("PROCESSED", record)
    assert told["object"]["key"] in item["objectId"]
    again = api.post(asked)
    assert (again.status, again.json) == (200, told)


def test_a_file_is_sent_by_a_url_and_processed(api: Api) -> None:
    """R-C3, R-E5: whatever its size, with the media type that was signed."""
    lines = b"".join(b"%b\n" % json.dumps({"value": each}).encode() for each in range(9))
    name, kind = f"{uuid.uuid4().hex}.jsonl", "application/x-ndjson"
    asked = {"dataset": "readings", "name": name, "contentType": kind}

    reply = api.call("POST", "/uploads", json.dumps(asked).encode(), headers=IS_JSON)

    assert reply.status == 200, reply
    upload = reply.json
    assert upload["key"].endswith(f"/api-uploads/{name}")
    put = urllib3.request("PUT", upload["url"], body=lines, headers=upload["headers"])
    assert put.status == 200, put.data
    object_id = f"readings/{upload['key']}#{put.headers['x-amz-version-id']}"
    requests = Requests(api.deployed, api.region)
    deadline = time.monotonic() + 120
    while (entry := requests.entry(object_id)).get("status") != "COMPLETED":
        assert time.monotonic() < deadline, entry
        time.sleep(0.2)
    assert entry["read"] == "9"


def test_any_record_can_be_read_by_its_id(api: Api) -> None:
    """R-C3: what API Gateway hands over encoded, and what is safer as a query parameter."""
    number = f"a/b c+d%25é {uuid.uuid4().hex[:8]}"
    record = {"Sendung Nr.": number, "Datum": "24.12.2026 18:30", "Größe (cm)": 12.5}
    told = api.handed_in({"dataset": "parcels", "record": record})
    assert told["counts"]["stored"] == 1
    record_id = f"parcels#{number}"

    (item,) = api.record(record_id)
    reply = api.get(f"/records?recordId={quote(record_id, safe='')}")

    assert item["data"] == record
    assert reply.status == 200, reply
    assert reply.json["items"] == [item]


def test_a_stopped_request_is_not_said_to_run(api: Api, deployed: Deployment) -> None:
    """R-E5, R-A10: nobody told the ledger; either region asks the execution."""
    body = {"dataset": "readings", "records": [{"value": each} for each in range(20_000)]}
    key = uuid.uuid4().hex
    reply = api.post(body, key)
    assert reply.status == 202, reply
    request_id = reply.json["id"]
    workflows = deployed.aws.client("stepfunctions", api.region)
    machine = deployed.names.state_machine_arn(api.region)
    execution = machine.replace(":stateMachine:", ":execution:") + f":{request_id}-1"
    workflows.stop_execution(executionArn=execution)

    for region in (PRIMARY, SECONDARY):
        deadline = time.monotonic() + 60
        asked = Api(deployed, region)
        while (told := asked.get(f"/process/{request_id}")).json.get("status") != "FAILED":
            assert time.monotonic() < deadline, told
            time.sleep(0.5)
        assert "was stopped" in told.json["reason"]
    assert api.post(body, key).json["attempt"] == 2
    assert api.end(request_id)["status"] == "COMPLETED"


def test_pages_of_a_list_follow_each_other_in_time(api: Api) -> None:
    """R-C3: filters, both orders, cursors; each item once, and nothing of other datasets."""
    station = f"NO-{uuid.uuid4().int % 10_000}"
    hour = "1999-07-01T00:00"
    told = api.handed_in(
        {"dataset": "sensors", "records": [measurement(station, each) for each in range(25)]}
    )
    assert told["counts"] == {"read": 25, "stored": 25, **ALL_STORED}
    window = f"dataset=sensors&from={hour}:00Z&to={hour}:20Z&limit=7"

    pages = api.pages(window)
    backwards = api.pages(f"{window}&order=desc&status=PROCESSED")

    found = [item for page in pages for item in page]
    own = [item["data"] for item in found if item["data"]["station"] == station]
    assert own == [measurement(station, each) for each in range(20)]
    assert [len(page) for page in pages[:-1]] == [7] * (len(pages) - 1)
    assert len(pages) >= 3
    assert [each["timestamp"] for each in found] == sorted(each["timestamp"] for each in found)
    ids = [each["recordId"] for each in found]
    assert len(set(ids)) == len(ids)
    assert {each["recordId"] for page in backwards for each in page} == set(ids)
    times = [each["timestamp"] for page in backwards for each in page]
    assert times == sorted(times, reverse=True)


def test_a_cursor_of_another_list_or_a_changed_one_is_refused(primary: Api) -> None:
    """R-C3: cursors are signed, with the query that they are of."""
    primary.handed_in({"dataset": "orders", "records": [order(), order()]})
    cursor = primary.get("/records?dataset=orders&limit=1").json["nextCursor"]
    changed = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")

    other = primary.get(f"/records?dataset=orders&order=desc&cursor={cursor}")
    forged = primary.get(f"/records?dataset=orders&cursor={changed}")

    for reply in (other, forged):
        assert reply.status == 400
        assert reply.problem["errors"][0]["parameter"] == "cursor"


def test_rejected_records_are_listed_with_their_reasons(primary: Api) -> None:
    """R-C3: the status is a filter."""
    told = primary.handed_in(
        {"dataset": "orders", "records": [order(0)], "onInvalid": "quarantine"}
    )
    assert told["counts"] == {"read": 1, "stored": 0, "superseded": 0, "rejected": 1}

    pages = primary.pages("dataset=orders&status=REJECTED&order=desc&limit=50")

    (item,) = [each for page in pages for each in page if told["object"]["key"] in each["objectId"]]
    assert item["status"] == "REJECTED"
    assert item["reasons"][0]["pointer"] == "/Units Sold"


def test_the_other_region_tells_how_it_stands_and_has_the_records(
    primary: Api, secondary: Api
) -> None:
    """R-A10, R-C3: by the replicated tables; done there is done here."""
    record = order()
    asked = {"dataset": "orders", "record": record}
    told = secondary.handed_in(asked)

    there = primary.end(told["id"])

    path = f"/{primary.stage}/process/{told['id']}"
    assert there == told | {"links": {"self": path}}
    assert there["region"] == SECONDARY
    deadline = time.monotonic() + 60
    while primary.get(f"/records/orders%23{record['uuid']}").status == 404:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert primary.record(f"orders#{record['uuid']}")[0]["data"] == record
    assert primary.post(asked).status == 200


def test_records_by_request_and_by_file_end_the_same_way(
    secondary: Api, deployed: Deployment, tmp_path: Path
) -> None:
    """R-E4, R-E5: the same items but for the object's name, quarantine and accounts."""
    records = mixed()
    asked = {"dataset": "orders", "records": records, "onInvalid": "quarantine"}
    told = secondary.handed_in(asked)
    requests = Requests(deployed, SECONDARY)
    by_request = f"orders/{told['object']['key']}#{told['object']['versionId']}"
    items, lines = requests.items(by_request), requests.quarantined(by_request)

    path = tmp_path / f"{uuid.uuid4().hex}.json"
    path.write_text(json.dumps(records))
    wait_for_higher_rank()
    (upload,) = deployed.upload([deployed.sample("orders", path, SECONDARY)])
    (entry,) = deployed.wait([upload]).values()

    assert told["counts"] == {"read": 5, "stored": 2, "superseded": 1, "rejected": 2}
    assert entry.counts == told["counts"]
    assert len(items) == 4
    assert requests.items(upload.object_id) == items
    assert len(lines) == 2
    assert requests.quarantined(upload.object_id) == lines


def healthy(api: Api, status: str) -> dict[str, Any]:
    """Ask for the health until it is as wanted: the answer is kept for some seconds."""
    deadline = time.monotonic() + 60
    while True:
        reply = api.call("GET", "/health", signed=False)
        told: dict[str, Any] = reply.json
        if told["status"] == status:
            assert reply.status == (503 if status == "fail" else 200)
            return told
        assert time.monotonic() < deadline, told
        time.sleep(0.2)


def test_health_is_open_and_tells_what_is_out(secondary: Api, deployed: Deployment) -> None:
    """R-A10: 200, 200 with a warning where dead letters wait, 503 where something is out."""
    well = healthy(secondary, "pass")
    assert (well["region"], well["role"]) == (SECONDARY, "secondary")
    assert {each["status"] for each in well["dependencies"].values()} == {"pass"}

    out = {"status": 500, "code": "InternalServerError", "count": None, "region": SECONDARY}
    deployed.ask("faults", operation="dynamodb:Query", principal="*api*", **out)
    try:
        failed = healthy(secondary, "fail")
    finally:
        urllib3.request("DELETE", f"{deployed.aws.endpoint}/_embedded/faults")

    states = {name: each["status"] for name, each in failed["dependencies"].items()}
    assert states == dict.fromkeys(states, "pass") | {"table": "fail", "ledger": "fail"}
    sqs = deployed.aws.client("sqs", SECONDARY)
    url = sqs.get_queue_url(QueueName=deployed.names.queue("data-processing-dlq"))["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="nobody could process this")
    try:
        assert healthy(secondary, "warn")["deadLetters"] == 1
    finally:
        sqs.purge_queue(QueueUrl=url)
    healthy(secondary, "pass")


def test_the_document_is_served_with_the_address(api: Api) -> None:
    """R-C3: what clients are generated from is what is deployed; it needs no signature."""
    reply = api.call("GET", "/openapi.json", signed=False)

    assert reply.status == 200
    told = reply.json
    assert told.pop("servers") == [{"url": f"/{api.stage}"}]
    assert told.pop("security") == [{"signature": []}]
    assert set(told["components"].pop("securitySchemes")) == {"signature"}
    plain = json.loads((api.deployed.project.folder / DOCUMENT).read_text())
    del plain["security"], plain["components"]["securitySchemes"]
    assert told == plain


@pytest.mark.skipif(shutil.which("aws") is None, reason="the AWS CLI is not installed")
def test_the_aws_command_line_sees_what_a_request_did(secondary: Api, deployed: Deployment) -> None:
    """R-E4: the execution of a request, and its record."""
    record = order()
    told = secondary.handed_in({"dataset": "orders", "record": record})
    arn = deployed.names.state_machine_arn(SECONDARY).replace(":stateMachine:", ":execution:")

    def aws(*words: str) -> Any:
        done = deployed.user("aws", *words, "--region", SECONDARY, "--output", "json")
        assert done.code == 0, done.text
        return json.loads(done.output)

    execution = aws(
        "stepfunctions", "describe-execution", "--execution-arn", f"{arn}:{told['id']}-1"
    )
    found = aws(
        *("dynamodb", "query", "--table-name", deployed.names.table("processed-data")),
        *("--key-condition-expression", "recordId = :id"),
        *("--expression-attribute-values", json.dumps({":id": {"S": f"orders#{record['uuid']}"}})),
    )

    assert execution["status"] == "SUCCEEDED"
    assert found["Count"] == 1
