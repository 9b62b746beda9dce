"""Alarms watch metrics that exist: AWS's by AWS's documents, ours by what the functions write."""

import ast
from pathlib import Path

import pytest

from api.connections import DEPENDENCIES as API_DEPENDENCIES
from pipeline.monitoring.own_alarms import CIRCUITS
from processor.connections import DEPENDENCIES
from tests.pipeline.monitoring.watching import every_alarm, watched
from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Synthesized

LAMBDAS = Path(__file__).resolve().parents[3] / "lambdas"

# What AWS publishes: metric -> the sets of dimensions under which it does, by hand from
# - AWS Lambda Developer Guide, "Types of metrics for Lambda functions"
# - Amazon SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS"
# - Amazon DynamoDB Developer Guide, "DynamoDB metrics and dimensions"
# - Amazon API Gateway Developer Guide, "Amazon API Gateway dimensions and metrics"
# - AWS Step Functions Developer Guide, "Monitoring Step Functions metrics using Amazon CloudWatch"
FUNCTION = [{"FunctionName"}, {"FunctionName", "Resource"}]
STAGE = [{"ApiName"}, {"ApiName", "Stage"}, {"ApiName", "Stage", "Resource", "Method"}]
MACHINE = [{"StateMachineArn"} | more for more in (set(), {"Version"}, {"Alias"})]
PUBLISHED: dict[tuple[str, str], list[set[str]]] = {
    ("AWS/Lambda", "Errors"): FUNCTION,
    ("AWS/Lambda", "Throttles"): FUNCTION,
    ("AWS/Lambda", "Duration"): FUNCTION,
    ("AWS/Lambda", "DestinationDeliveryFailures"): FUNCTION,
    ("AWS/Lambda", "IteratorAge"): FUNCTION,
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): [{"QueueName"}],
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): [{"QueueName"}],
    ("AWS/DynamoDB", "WriteThrottleEvents"): [
        {"TableName"},
        {"TableName", "GlobalSecondaryIndexName"},
    ],
    ("AWS/DynamoDB", "ThrottledRequests"): [{"TableName", "Operation"}],
    ("AWS/DynamoDB", "UserErrors"): [set()],  # of the account in the region, not of a table
    ("AWS/DynamoDB", "ReplicationLatency"): [{"TableName", "ReceivingRegion"}],
    ("AWS/ApiGateway", "4XXError"): STAGE,
    ("AWS/ApiGateway", "5XXError"): STAGE,
    ("AWS/ApiGateway", "Latency"): STAGE,
    ("AWS/States", "ExecutionsFailed"): MACHINE,
    ("AWS/States", "ExecutionsTimedOut"): MACHINE,
}
# What the functions publish in the pipeline's namespace, beside `service`: their `reporting`.
OWN: dict[str, set[str]] = {
    "CircuitOpen": {"service", "dependency"},
    "EventsMalformed": {"service"},
    "ObjectsRetried": {"service"},
    "AuditFailures": {"service"},
    "RanksGivenUp": {"service"},
}


def test_each_alarm_has_dimensions_under_which_aws_publishes_its_metric(both: Synthesized) -> None:
    """R-C5, R-A12: under any other combination there is no value, and the alarm never goes off."""
    seen = set()
    for alarm in every_alarm(both):
        for namespace, metric, dimensions, _ in watched(alarm):
            if namespace != both.names.metrics_namespace():
                assert set(dimensions) in PUBLISHED[namespace, metric], alarm.address
                seen.add((namespace, metric))
    assert seen == set(PUBLISHED), "the table has what nobody watches"


def test_each_alarm_on_an_own_metric_has_the_dimensions_that_it_is_written_with(
    both: Synthesized,
) -> None:
    """R-A12: CloudWatch adds nothing up over dimensions."""
    seen = set()
    for alarm in every_alarm(both):
        for namespace, metric, dimensions, _ in watched(alarm):
            if namespace == both.names.metrics_namespace():
                assert set(dimensions) == OWN[metric], alarm.address
                seen.add(metric)
    assert seen == set(OWN)


@pytest.mark.parametrize("metric", OWN)
def test_an_own_metric_is_written_by_a_function(metric: str) -> None:
    """R-A12: under this very name."""
    texts = {
        node.value
        for file in LAMBDAS.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert metric in texts


def test_each_circuit_is_watched(both: Synthesized) -> None:
    """R-A8, R-A12: those that the functions have, and no others."""
    assert CIRCUITS == {
        "data-processor": DEPENDENCIES,
        "request-processor": DEPENDENCIES,
        "api": API_DEPENDENCIES,
    }
    for _, stack in both.regional():
        for function, dependencies in CIRCUITS.items():
            name = f"serverless-{function}-circuit-open-{both.environment.environment}"
            alarm = stack.one("aws_cloudwatch_metric_alarm", alarm_name=name)
            assert [each[2] for each in watched(alarm)] == [
                {"service": both.names.function(function), "dependency": dependency}
                for dependency in dependencies
            ]


def test_dimensions_name_what_the_stacks_make(both: Synthesized, variation: Variation) -> None:
    """R-C5: functions, queues, tables and the index by the names that they really have."""
    renamed = variation("dev", naming={"suffix": "blue"})
    for each in (both, renamed):
        made = {"FunctionName": "aws_lambda_function", "QueueName": "aws_sqs_queue"}
        for _, stack in each.regional():
            for dimension, kind in made.items():
                argument = "function_name" if kind == "aws_lambda_function" else "name"
                names = {resource[argument] for resource in stack.resources(kind)}
                used = {
                    dimensions[dimension]
                    for alarm in stack.resources("aws_cloudwatch_metric_alarm")
                    for _, _, dimensions, _ in watched(alarm)
                    if dimension in dimensions
                }
                assert used == names
        tables = {table["name"] for table in each["foundation"].resources("aws_dynamodb_table")}
        indexes = {
            index["name"]
            for table in each["foundation"].resources("aws_dynamodb_table")
            for index in table.get("global_secondary_index") or []
        }
        dimensions_of = [d for alarm in every_alarm(each) for _, _, d, _ in watched(alarm)]
        assert {d["TableName"] for d in dimensions_of if "TableName" in d} == tables
        index = "GlobalSecondaryIndexName"
        assert {d[index] for d in dimensions_of if index in d} == indexes
