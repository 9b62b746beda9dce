"""Tables and queues of their own for each test."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from embedded_aws.server import EmbeddedAws

EAST, WEST = "us-east-1", "us-west-2"


@pytest.fixture
def name() -> str:
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def east(aws: EmbeddedAws) -> Any:
    return aws.client("dynamodb", EAST)


@pytest.fixture
def west(aws: EmbeddedAws) -> Any:
    return aws.client("dynamodb", WEST)


@pytest.fixture
def new_table(east: Any, name: str) -> Callable[..., str]:
    def create(**options: Any) -> str:
        settings: dict[str, Any] = {
            "TableName": name,
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "AttributeDefinitions": [
                {"AttributeName": attribute, "AttributeType": "S"} for attribute in ("pk", "sk")
            ],
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {
                "StreamEnabled": True,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
        }
        east.create_table(**{**settings, **options})
        return name

    return create


@pytest.fixture
def table(new_table: Callable[..., str]) -> str:
    return new_table()


@pytest.fixture
def global_table(table: str, east: Any) -> str:
    east.update_table(TableName=table, ReplicaUpdates=[{"Create": {"RegionName": WEST}}])
    return table


@pytest.fixture
def region_down(aws: EmbeddedAws) -> Iterator[Callable[[str], None]]:
    def down(region: str) -> None:
        aws.state.regions_down[region] = "test"

    yield down
    aws.state.regions_down.clear()
