"""Requests put into a deployed environment as the API puts them, and what becomes of them."""

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from tests.end_to_end.deployed.conftest import SECONDARY, Deployment

REGION = SECONDARY
"""Where these requests go: the other tests look at the other region more closely."""

OWN = {"objectId", "rank", "position", "line", "expiresAt", "quarantineKey"}
"""What of an item tells one object version from another; of a rejected record its key does, too."""

NAMES_OBJECT = {"object", "versionId", "lastModified"}
"""Of a line in a quarantine file."""

OF_REJECTED = {"recordId", "timestamp", "statusKey"}

Records = list[dict[str, Any]]


@dataclass(frozen=True)
class Started:
    """A request, its object version and its execution."""

    id: str
    object_id: str
    execution: str


@dataclass(frozen=True)
class Requests:
    """Puts requests as the API does, and looks at what becomes of them."""

    deployed: Deployment
    region: str = REGION

    def client(self, service: str) -> Any:
        return self.deployed.aws.client(service, self.region)

    @property
    def machine(self) -> str:
        return self.deployed.names.state_machine_arn(self.region)

    def start(
        self, records: Any, on_invalid: str = "reject", notify: dict[str, str] | None = None
    ) -> Started:
        request_id = uuid.uuid4().hex
        bucket = self.deployed.names.bucket("data-ingestion", self.region)
        key = f"requests/orders/{request_id}.json"
        version = self.client("s3").put_object(
            Bucket=bucket, Key=key, Body=json.dumps(records).encode()
        )["VersionId"]
        request = {
            "id": request_id,
            "dataset": "orders",
            "onInvalid": on_invalid,
            "bucket": bucket,
            "key": key,
            "versionId": version,
            "objectId": f"orders/{key}#{version}",
        }
        execution = self.client("stepfunctions").start_execution(
            stateMachineArn=self.machine,
            name=f"{request_id}-1",
            input=json.dumps({"request": request, "notify": notify}),
        )["executionArn"]
        return Started(request_id, request["objectId"], execution)

    def end(self, execution: str) -> dict[str, Any]:
        """Wait for the end of an execution."""
        deadline = time.monotonic() + 120
        while True:
            told: dict[str, Any] = self.client("stepfunctions").describe_execution(
                executionArn=execution
            )
            if told["status"] != "RUNNING":
                return told
            assert time.monotonic() < deadline, told
            time.sleep(0.1)

    def entry(self, object_id: str) -> dict[str, Any]:
        """Return an item of the ledger, as plain values; empty when there is none."""
        item = self.client("dynamodb").get_item(
            TableName=self.deployed.names.table("object-ledger"),
            Key={"objectId": {"S": object_id}, "region": {"S": self.region}},
            ConsistentRead=True,
        )
        found = item.get("Item", {})
        return {name: next(iter(value.values())) for name, value in found.items()}

    def state(self, started: Started) -> dict[str, Any]:
        return self.entry(f"request/{started.id}")

    def events(self, execution: str, kind: str) -> list[dict[str, Any]]:
        history = self.client("stepfunctions").get_execution_history(
            executionArn=execution, maxResults=1000
        )
        return [each for each in history["events"] if each["type"] == kind]

    def items(self, object_id: str) -> list[dict[str, Any]]:
        """Return what the table has of an object, without what tells it from another one."""
        found = self.deployed.items(self.deployed.names.table("processed-data"), self.region)
        own = [each for each in found if each["objectId"]["S"] == object_id]
        own.sort(key=lambda each: int(each["position"]["N"]))
        return [
            {
                name: value
                for name, value in each.items()
                if name not in OWN and not (name in OF_REJECTED and "reasons" in each)
            }
            for each in own
        ]

    def quarantined(self, object_id: str) -> list[dict[str, Any]]:
        """Return the lines of an object's quarantine file, without what names the object."""
        key, _, version = object_id.rpartition("#")
        bucket = self.deployed.names.bucket("data-quarantine", self.region)
        body = self.client("s3").get_object(Bucket=bucket, Key=f"quarantine/{key}/{version}.jsonl")[
            "Body"
        ]
        return [
            {name: value for name, value in json.loads(line).items() if name not in NAMES_OBJECT}
            for line in body.read().splitlines()
        ]


def wait_for_higher_rank() -> None:
    """Wait until an object that is stored now outranks those before: S3 tells whole seconds."""
    second = int(time.time())
    while int(time.time()) == second:
        time.sleep(0.02)


def order(units: int = 1, **members: Any) -> dict[str, Any]:
    return {
        "uuid": str(uuid.uuid4()),
        "Order Date": "11/21/26",
        "Item Type": "Snacks",
        "Sales Channel": "Online",
        "Units Sold": units,
        "Unit Price": 1.5,
        **members,
    }


def mixed() -> Records:
    first = order()
    return [first, order(0), {**first, "Units Sold": 7}, order(2), {"Note": "no order"}]


def counts(entry: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(entry[name]) for name in ("read", "stored", "superseded", "rejected"))
