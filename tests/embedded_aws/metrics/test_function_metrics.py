"""R-B10, R-E6: what Lambda counts.

Oracle: Lambda Developer Guide, "Types of metrics for Lambda functions" and "Viewing metrics for
Lambda functions".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.embedded_aws.functions.making import (
    call,
    eventually,
    make_function,
    make_queue,
    unique,
)
from tests.embedded_aws.metrics.reading import listed, statistic

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

FAILS_WHEN_TOLD = (
    "def handler(e, c):\n    if e.get('fail'): raise ValueError('told so')\n    return 1"
)


def of(aws: EmbeddedAws, metric: str, kind: str = "Sum", **dimensions: str) -> float | None:
    return statistic(aws, "AWS/Lambda", metric, dimensions, kind)


def test_invocations_errors_and_durations_are_counted(aws: EmbeddedAws) -> None:
    """R-B10: a success counts as no error, which is a value, too."""
    name = make_function(
        aws, "import time\n" + FAILS_WHEN_TOLD.replace("return 1", "time.sleep(0.2)")
    )
    call(aws, name)
    assert of(aws, "Errors", FunctionName=name) == 0
    call(aws, name, {"fail": True})

    assert of(aws, "Invocations", FunctionName=name) == 2
    assert of(aws, "Errors", FunctionName=name) == 1
    assert of(aws, "Errors", "SampleCount", FunctionName=name) == 2
    assert of(aws, "Throttles", FunctionName=name) == 0
    assert of(aws, "ConcurrentExecutions", "Maximum", FunctionName=name) == 1
    slowest, p99 = (of(aws, "Duration", kind, FunctionName=name) for kind in ("Maximum", "p99"))
    assert slowest is not None
    assert 200 <= slowest < 5000
    assert p99 == slowest
    assert of(aws, "Invocations") is not None  # across all functions


def test_aliases_and_their_weighted_versions_are_told_apart(aws: EmbeddedAws) -> None:
    """R-B10, R-E6: by `Resource`, and by `ExecutedVersion` while a release shifts traffic."""
    functions = aws.client("lambda")
    name = make_function(aws, FAILS_WHEN_TOLD)
    functions.publish_version(FunctionName=name)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    call(aws, name, Qualifier="live")
    live = f"{name}:live"
    assert of(aws, "Invocations", FunctionName=name, Resource=live) == 1
    weighted = {"FunctionName": name, "Resource": live}
    assert of(aws, "Invocations", **weighted, ExecutedVersion="1") is None

    functions.update_function_configuration(FunctionName=name, MemorySize=256)
    green = functions.publish_version(FunctionName=name)["Version"]
    functions.update_alias(
        FunctionName=name,
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {green: 1.0}},
    )
    call(aws, name, {"fail": True}, Qualifier="live")
    call(aws, name, Qualifier="1")

    assert of(aws, "Errors", **weighted, ExecutedVersion=green) == 1
    assert of(aws, "Errors", **weighted, ExecutedVersion="1") is None
    assert of(aws, "Invocations", **weighted) == 2
    assert of(aws, "Invocations", FunctionName=name, Resource=f"{name}:1") == 1
    assert of(aws, "Invocations", FunctionName=name) == 3


def test_throttled_requests_are_no_invocations(aws: EmbeddedAws) -> None:
    """R-B10: reserved concurrency of 0 throttles everything."""
    functions = aws.client("lambda")
    name = make_function(aws, FAILS_WHEN_TOLD)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        call(aws, name)
    except functions.exceptions.TooManyRequestsException:
        pass
    else:
        raise AssertionError("it was not throttled")
    assert (of(aws, "Throttles", FunctionName=name) or 0) >= 1
    assert of(aws, "Invocations", FunctionName=name) is None


def test_what_asynchronous_invocation_loses_is_counted(aws: EmbeddedAws) -> None:
    """R-B10: dead letters and destinations that may not be written, and events given up."""
    functions = aws.client("lambda")
    _url, arn = make_queue(aws)
    name = make_function(aws, FAILS_WHEN_TOLD, DeadLetterConfig={"TargetArn": arn})
    functions.put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"fail": true}')

    eventually(lambda: of(aws, "DeadLetterErrors", FunctionName=name) == 1)
    assert of(aws, "DestinationDeliveryFailures", FunctionName=name) == 1
    assert of(aws, "AsyncEventsDropped", FunctionName=name) == 1
    assert of(aws, "AsyncEventsReceived", FunctionName=name) == 1
    assert of(aws, "Errors", FunctionName=name) == 1


def test_the_age_of_stream_records_is_told(aws: EmbeddedAws) -> None:
    """R-B10: between the write and the invocation, here held up by a disabled mapping."""
    dynamodb, table = aws.client("dynamodb"), unique("table")
    arn = dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]["LatestStreamArn"]
    name = make_function(aws, FAILS_WHEN_TOLD, ("dynamodb:*", "*"))
    mapping = aws.client("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName=name, StartingPosition="TRIM_HORIZON"
    )
    dynamodb.put_item(TableName=table, Item={"id": {"S": "one"}})

    age = eventually(lambda: of(aws, "IteratorAge", "Maximum", FunctionName=name) is not None)
    aws.client("lambda").delete_event_source_mapping(UUID=mapping["UUID"])
    assert age
    milliseconds = of(aws, "IteratorAge", "Maximum", FunctionName=name)
    assert milliseconds is not None
    assert 0 <= milliseconds < 20_000


def test_lines_in_embedded_metric_format_become_metrics(aws: EmbeddedAws) -> None:
    """R-B10: extracted from the log, under every set of dimensions, at their own time."""
    space = unique("App")
    directive = {
        "Namespace": space,
        "Dimensions": [["service"], ["service", "dataset"], []],
        "Metrics": [{"Name": "records", "Unit": "Count"}, {"Name": "latency"}],
    }
    document = {"service": "s", "dataset": "orders", "records": 3, "latency": [1, 2.5, 4]}
    source = f"""import json, time
def handler(event, context):
    directive = json.loads('''{json.dumps(directive)}''')
    document = json.loads('''{json.dumps(document)}''')
    metadata = {{"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}}
    print(json.dumps({{"_aws": metadata, **document}}))
"""
    name = make_function(aws, source)
    call(aws, name)
    call(aws, name)

    eventually(lambda: statistic(aws, space, "records", {"service": "s"}) == 6)
    of_dataset = {"service": "s", "dataset": "orders"}
    assert statistic(aws, space, "latency", of_dataset) == 15
    assert statistic(aws, space, "latency", of_dataset, "SampleCount") == 6
    assert statistic(aws, space, "records") == 6
    metrics = aws.client("cloudwatch").list_metrics(Namespace=space)["Metrics"]
    assert len(metrics) == 6
    assert {str(metric["Dimensions"]) for metric in metrics} == {
        str(listed({})),
        str(listed({"service": "s"})),
        str(listed({"dataset": "orders", "service": "s"})),
    }
