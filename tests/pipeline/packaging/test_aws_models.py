"""botocore does with its trimmed descriptions what it does with its own."""

from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.loaders import Loader
from moto import mock_aws

from pipeline.packaging.aws_models import AWS_SERVICES, is_used, trimmed

ACCOUNT_REGIONS = ["us-east-1", "us-west-2", "eu-central-1", "ap-southeast-2", "cn-north-1"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of the installed botocore as it goes into the layer."""
    folder = tmp_path_factory.mktemp("layer")
    for file in distribution("botocore").files or ():
        name = file.as_posix()
        if name.startswith("botocore/data/") and is_used(name):
            installed, content = trimmed(name, Path(str(file.locate())).read_bytes())
            path = folder / installed
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return folder / "botocore" / "data"


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def aws(credentials: None) -> Iterator[None]:
    with mock_aws():
        yield


def client(service: str, region: str, data: Path | None = None) -> Any:
    session = botocore.session.Session()
    if data is not None:
        loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
        session.register_component("data_loader", loader)
    return session.create_client(service, region_name=region)


@pytest.mark.parametrize("service", AWS_SERVICES)
def test_operations_and_shapes_are_those_of_botocore(
    service: str, data: Path, credentials: None
) -> None:
    ours = client(service, "us-east-1", data).meta.service_model
    whole = client(service, "us-east-1").meta.service_model

    assert ours.operation_names == whole.operation_names
    for name in whole.operation_names:
        mine, theirs = ours.operation_model(name), whole.operation_model(name)
        assert mine.http == theirs.http
        assert _described(mine.input_shape) == _described(theirs.input_shape)
        assert _described(mine.output_shape) == _described(theirs.output_shape)


def _described(shape: Any) -> Any:
    """Return what botocore's serializers and parsers know of a shape, to some depth."""
    found: dict[Any, Any] = {}
    waiting: list[tuple[tuple[str, ...], Any]] = [((), shape)]
    while waiting:
        path, here = waiting.pop()
        if here is None or len(path) > 4:
            continue
        found[path] = (here.type_name, here.serialization, here.metadata)
        members = getattr(here, "members", {}) if here.type_name == "structure" else {}
        waiting += [((*path, name), member) for name, member in members.items()]
        waiting += [((*path, "[]"), here.member)] if here.type_name == "list" else []
    return found


@pytest.mark.parametrize("service", AWS_SERVICES)
@pytest.mark.parametrize("region", ACCOUNT_REGIONS)
def test_endpoints_are_those_of_botocore(
    service: str, region: str, data: Path, credentials: None
) -> None:
    ours, whole = client(service, region, data), client(service, region)

    assert ours.meta.endpoint_url == whole.meta.endpoint_url
    assert ours.meta.partition == whole.meta.partition


def test_the_calls_of_the_functions_work(data: Path, aws: None) -> None:
    """R-A4: a text that botocore reads must not be left out with those that it does not."""
    s3 = client("s3", "us-east-1", data)
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="a b/ü", Body=b"x")
    assert s3.get_object(Bucket="bucket", Key="a b/ü")["Body"].read() == b"x"
    assert s3.get_paginator("list_object_versions").paginate(Bucket="bucket").build_full_result()
    sqs = client("sqs", "us-east-1", data)
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    assert sqs.send_message(QueueUrl=url, MessageBody="m")["MessageId"]
    dynamodb = client("dynamodb", "us-east-1", data)
    dynamodb.create_table(
        TableName="t",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    put = [{"PutRequest": {"Item": {"k": {"S": "1"}}}}]
    assert dynamodb.batch_write_item(RequestItems={"t": put})["UnprocessedItems"] == {}
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.put_item(
            TableName="t", Item={"k": {"S": "1"}}, ConditionExpression="attribute_not_exists(k)"
        )


def test_most_of_what_is_read_at_a_cold_start_is_left_out(data: Path) -> None:
    """R-A4: 1.8 MB of endpoints and 2 MB of documentation are parsed nowhere."""
    assert sum(path.stat().st_size for path in data.rglob("*") if path.is_file()) < 1_000_000
