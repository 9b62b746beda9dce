"""What goes off when: each function and service of a region, by thresholds of the configuration."""

import re
from typing import Any

import pytest

from api.deadline import ANSWER_SECONDS
from tests.pipeline.monitoring.watching import ALARM, COMPOSITE, alarm, every_alarm, watched
from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Synthesized

# Function -> its time-out in dev, milliseconds.
FUNCTIONS = {
    "data-processor": 300_000,
    "stream-processor": 30_000,
    "object-sweep": 300_000,
    "request-validator": 30_000,
    "request-processor": 30_000,
    "request-notifier": 30_000,
}


@pytest.mark.parametrize("function", [*FUNCTIONS, "api"])
def test_every_function_is_watched_for_errors_and_throttles(
    both: Synthesized, function: str
) -> None:
    """R-B10, R-A12, R-C5."""
    for _, stack in both.regional():
        name = {"FunctionName": f"serverless-{function}-{both.environment.environment}"}
        for word, metric in (("errors", "Errors"), ("throttles", "Throttles")):
            found = alarm(both, stack, f"{function}-{word}")
            assert watched(found) == [("AWS/Lambda", metric, name, "Sum")]


def test_no_function_is_without_alarms(variation: Variation) -> None:
    """R-A12: whatever is switched on or off."""
    for api, workflow in ((True, True), (False, True), (False, False)):
        each = variation("dev", api={"enabled": api}, workflow={"enabled": workflow})
        for _, stack in each.regional():
            names = {one["function_name"] for one in stack.resources("aws_lambda_function")}
            for metric in ("Errors", "Throttles", "Duration"):
                assert names == {
                    dimensions["FunctionName"]
                    for resource in stack.resources(ALARM)
                    for _, what, dimensions, _ in watched(resource)
                    if what == metric
                }


@pytest.mark.parametrize(("function", "timeout"), FUNCTIONS.items())
def test_a_duration_is_measured_by_the_functions_own_timeout(
    dev: Synthesized, variation: Variation, function: str, timeout: int
) -> None:
    """R-C5: three seconds suit no function that has minutes; twice in a row (R-E6)."""
    half = variation("dev", alarms={"function_duration_percent": 50})
    for each, part in ((dev, 0.8), (half, 0.5)):
        for _, stack in each.regional():
            found = alarm(each, stack, f"{function}-duration")
            assert found["threshold"] == timeout * part
            assert found["extended_statistic"] == "p99"
            assert found["evaluation_periods"] == 2


@pytest.mark.parametrize(
    "function", ["api", "request-validator", "request-processor", "request-notifier"]
)
def test_functions_of_requests_take_less_than_half_a_minute_on_average(
    both: Synthesized, function: str
) -> None:
    """R-E6: twice in a row, and less than it can take; the files' own functions have minutes."""
    for _, stack in both.regional():
        name = f"serverless-{function}-{both.environment.environment}"
        own = stack.one("aws_lambda_function", function_name=name)["timeout"]
        longest = min(own, ANSWER_SECONDS) if function == "api" else own
        found = alarm(both, stack, f"{function}-average-duration")
        assert [(metric, kind) for _, metric, _, kind in watched(found)] == [
            ("Duration", "Average")
        ]
        assert found["threshold"] == min(30_000, longest * 800)
        assert found["evaluation_periods"] == 2
        names = [one["alarm_name"] for one in stack.resources(ALARM)]
        assert not [name for name in names if "processor-average" in name and "data-" in name]


def test_no_function_has_a_dead_letter_queue_of_lambdas_own(both: Synthesized) -> None:
    """R-A8: what one cannot be told is told by DeadLetterErrors, on which there is no alarm."""
    for _, stack in both.regional():
        for function in stack.resources("aws_lambda_function"):
            assert not function.get("dead_letter_config")


def test_the_api_function_has_three_seconds(dev: Synthesized, variation: Variation) -> None:
    """R-C5: of its 30; the setting is in seconds."""
    patient = variation("dev", alarms={"api_function_seconds": 4.5})
    for each, milliseconds in ((dev, 3000), (patient, 4500)):
        for _, stack in each.regional():
            assert alarm(each, stack, "api-duration")["threshold"] == milliseconds


THRESHOLDS: list[tuple[str, float, float, list[str]]] = [
    # setting, value, threshold, alarms
    ("function_errors", 7, 7, ["data-processor-errors", "api-errors", "request-notifier-errors"]),
    ("function_throttles", 8, 8, ["stream-processor-throttles"]),
    ("request_average_seconds", 20, 20_000, ["api-average-duration"]),
    ("api_client_errors", 9, 9, ["data-api-client-errors"]),
    ("api_server_errors", 10, 10, ["data-api-server-errors"]),
    ("api_latency_seconds", 1.5, 1500, ["data-api-latency"]),
    ("failed_executions", 11, 11, ["process-records-failed"]),
    ("retried_objects", 15, 15, ["data-processor-retried-objects"]),
    ("table_throttles", 12, 12, ["object-ledger-throttled-requests"]),
    ("table_throttles", 12, 12, ["processed-data-write-throttles"]),
    ("table_user_errors", 13, 13, ["dynamodb-user-errors"]),
    ("queue_age_minutes", 14, 840, ["data-processing-age"]),
    ("stream_age_minutes", 2, 120_000, ["stream-processor-iterator-age"]),
]


@pytest.mark.parametrize(("setting", "value", "threshold", "names"), THRESHOLDS)
def test_each_threshold_is_a_setting(
    variation: Variation, setting: str, value: Any, threshold: float, names: list[str]
) -> None:
    """R-C5, R-E6: in the units that a person thinks in."""
    every: dict[str, Any] = {each[0]: each[1] for each in THRESHOLDS}
    changed = variation("dev", alarms=every)
    assert every[setting] == value
    for _, stack in changed.regional():
        for name in names:
            assert alarm(changed, stack, name)["threshold"] == threshold


# C5 counts single errors, E6 what is much in production; the same alarms, from this value on.
LEVELS = {
    "dev": {
        "api-errors": 1,
        "api-throttles": 1,
        "data-api-client-errors": 5,
        "data-api-server-errors": 1,
        "data-api-latency": 2000,
        "process-records-failed": 1,
        "processed-data-throttled-requests": 1,
        "dynamodb-user-errors": 11,
    },
    "prod": {
        "api-errors": 6,
        "api-throttles": 11,
        "data-api-client-errors": 101,
        "data-api-server-errors": 11,
        "data-api-latency": 2000,
        "process-records-failed": 6,
        "processed-data-throttled-requests": 1,
        "dynamodb-user-errors": 11,
    },
}


@pytest.mark.parametrize("name", LEVELS)
def test_a_single_error_counts_in_dev_and_a_number_of_them_in_prod(
    variation: Variation, name: str
) -> None:
    """R-C5, R-E6."""
    each = variation(name)
    for _, stack in each.regional():
        found = {one: alarm(each, stack, one)["threshold"] for one in LEVELS[name]}
        assert found == LEVELS[name]


def test_every_alarm_looks_at_five_minutes_and_takes_silence_for_peace(both: Synthesized) -> None:
    """R-E6: and goes off at its threshold, told with what to do."""
    for each in every_alarm(both):
        periods = {
            query["metric"]["period"]
            for query in each.get("metric_query") or []
            if "metric" in query
        }
        assert (periods or {each["period"]}) == {300}
        assert each["treat_missing_data"] == "notBreaching"
        assert each["comparison_operator"] == "GreaterThanOrEqualToThreshold"
        assert len(each["alarm_description"]) > 40


def test_waiting_work_dead_letters_and_late_streams_are_seen(both: Synthesized) -> None:
    """R-A8, R-A12: in each region, by the worst value of the time."""
    name = both.environment.environment
    for _, stack in both.regional():
        work = {"QueueName": f"serverless-data-processing-{name}"}
        dead = {"QueueName": f"serverless-data-processing-dlq-{name}"}
        age, letters = "ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"
        found = alarm(both, stack, "data-processing-age")
        assert watched(found) == [("AWS/SQS", age, work, "Maximum")]
        found = alarm(both, stack, "data-processing-dead-letters")
        assert watched(found) == [("AWS/SQS", letters, dead, "Maximum")]
        assert found["threshold"] == 1
        (late,) = watched(alarm(both, stack, "stream-processor-iterator-age"))
        assert late[1:] == ("IteratorAge", late[2], "Maximum")


def test_what_lambda_cannot_keep_is_seen(both: Synthesized) -> None:
    """R-A8: where a function has a destination for what fails, its failure loses something."""
    for _, stack in both.regional():
        with_destination = {
            dimensions["FunctionName"]
            for resource in stack.resources(ALARM)
            for _, metric, dimensions, _ in watched(resource)
            if metric == "DestinationDeliveryFailures"
        }
        names = both.names
        assert with_destination == {
            names.function("data-processor"),
            names.function("stream-processor"),
        }


def test_several_metrics_are_put_together_by_one_expression(both: Synthesized) -> None:
    """R-C5: throttled requests of all operations of a table; of circuits the one that is open."""
    for _, stack in both.regional():
        for name, function in (
            ("object-ledger-throttled-requests", "SUM"),
            ("data-processor-circuit-open", "MAX"),
        ):
            (result, *metrics) = alarm(both, stack, name)["metric_query"]
            ids = [metric["id"] for metric in metrics]
            assert result["expression"] == f"{function}([{', '.join(ids)}])"
            assert result["return_data"] is True
            assert not any(metric.get("return_data") for metric in metrics)
            assert 2 <= len(ids) <= 10, "an alarm takes ten metrics"


def test_replication_is_watched_from_both_sides(both: Synthesized, european: Synthesized) -> None:
    """R-A7, R-A12: the sending region publishes; only a stack over both may name the other."""
    for each in (both, european):
        edge, names = each["edge"], each.names
        found = {}
        for resource in edge.resources(ALARM):
            ((_, metric, dimensions, statistic),) = watched(resource)
            assert (metric, statistic) == ("ReplicationLatency", "Average")
            here = edge.region(resource)
            assert resource["alarm_actions"] == [names.topic_arn("alerts", here)]
            assert resource["threshold"] == 60_000
            found[here, dimensions["TableName"]] = dimensions["ReceivingRegion"]
        first, second = each.regions
        assert found == {
            (here, names.table(table)): there
            for here, there in ((first, second), (second, first))
            for table in ("processed-data", "object-ledger")
        }


def test_replication_may_take_as_long_as_the_setting_says(variation: Variation) -> None:
    """R-A12."""
    changed = variation("dev", alarms={"replication_seconds": 5})
    assert {one["threshold"] for one in changed["edge"].resources(ALARM)} == {5000}


@pytest.mark.parametrize(("switch", "prefix"), [("api", "data-api"), ("workflow", "process-")])
def test_what_is_off_has_no_alarms(variation: Variation, switch: str, prefix: str) -> None:
    """R-B10, R-E6: an alarm on nothing would look healthy for ever."""
    off = (
        {"api": {"enabled": False}}
        if switch == "api"
        else {
            "api": {"enabled": False},
            "workflow": {"enabled": False},
        }
    )
    for _, stack in variation("dev", **off).regional():
        assert not [a for a in stack.resources(ALARM) if f"serverless-{prefix}" in a["alarm_name"]]
    for _, stack in variation("dev").regional():
        assert [a for a in stack.resources(ALARM) if f"serverless-{prefix}" in a["alarm_name"]]


def test_one_state_stands_for_all_alarms_of_a_region(both: Synthesized) -> None:
    """R-A12: a composite of every one, made after them; it tells nobody a second time."""
    for _, stack in both.regional():
        composite = stack.one(COMPOSITE)
        name = f"serverless-pipeline-{both.environment.environment}"
        assert composite["alarm_name"] == name
        addresses = re.findall(r'ALARM\("\$\{([^}]+)\.alarm_name\}"\)', composite["alarm_rule"])
        assert set(addresses) == {one.address for one in stack.resources(ALARM)}
        assert composite["alarm_rule"].count(" OR ") == len(addresses) - 1
        # CloudWatch, "Create a composite alarm": at most 100 alarms and 10,240 characters.
        assert len(addresses) <= 100
        assert len(composite["alarm_rule"]) <= 10_240
        assert not composite.get("alarm_actions")
        assert stack.outputs()["health_alarm"] == name
