"""Functions: the same code and configuration in both regions, sized by the environment."""

import json

import pytest

from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Resource, Stack, Synthesized, live

FUNCTIONS = (
    "data-processor",
    "stream-processor",
    "object-sweep",
    "request-validator",
    "request-processor",
    "request-notifier",
)
HANDLERS = {
    "data-processor": "processor.handler.handler",
    "stream-processor": "stream_processor.handler.handler",
    "object-sweep": "sweep.handler.handler",
    "request-validator": "request_validator.handler.handler",
    "request-processor": "processor.request_handler.handler",
    "request-notifier": "request_notifier.handler.handler",
}
# E1's map for the functions that have it; the processor's time-out stays as A4 has it.
SIZES = {
    "dev": {"retention": 7, "processor": (512, 300), "stream": (512, 30), "workflow": (512, 30)},
    "staging": {
        "retention": 30,
        "processor": (1024, 300),
        "stream": (512, 60),
        "workflow": (1024, 60),
    },
    "prod": {
        "retention": 90,
        "processor": (2048, 300),
        "stream": (512, 90),
        "workflow": (2048, 90),
    },
}


def function(synthesized: Synthesized, stack: Stack, kind: str) -> Resource:
    name = synthesized.names.function(kind)  # type: ignore[arg-type]
    return stack.one("aws_lambda_function", function_name=name)


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_a_function_is_the_same_in_both_regions(both: Synthesized, kind: str) -> None:
    """R-A4: what differs is the region in a name, or the other one's, and nothing else."""
    first, second = (function(both, stack, kind) for _, stack in both.regional())

    def told(resource: Resource, own: str, other: str) -> dict[str, str]:
        texts = {name: str(value) for name, value in resource.arguments.items()}
        return {
            name: text.replace(own, "here").replace(other, "there") for name, text in texts.items()
        }

    assert told(first, *both.regions) == told(second, *reversed(both.regions))
    assert first["source_code_hash"] == second["source_code_hash"]
    assert first["handler"] == HANDLERS[kind]
    assert first["runtime"] == "python3.13"
    assert first["architectures"] == ["arm64"]


def test_the_processor_knows_its_tables_buckets_and_queue(both: Synthesized) -> None:
    """R-A4: by environment variables; the region comes from the runtime."""
    for region, stack in both.regional():
        queue = stack.one("aws_sqs_queue", name=both.names.queue("data-processing"))
        dead_letters = stack.one("aws_sqs_queue", name=both.names.queue("data-processing-dlq"))
        name = both.environment.environment
        account = both.environment.account.id
        level = both.environment.functions.log_level
        is_copied = both.environment.data.replicate_ingestion_bucket
        (other,) = {*both.regions} - {region}
        assert function(both, stack, "data-processor")["environment"]["variables"] == {
            "ENVIRONMENT": name,
            "TABLE_NAME": f"serverless-processed-data-{name}",
            "LEDGER_TABLE_NAME": f"serverless-object-ledger-{name}",
            "INVOCATION_LOG_TABLE_NAME": f"serverless-invocation-log-{name}",
            "INVOCATION_LOG_TTL_DAYS": "90",
            "QUARANTINE_BUCKET": f"serverless-data-quarantine-{name}-{account}-{region}",
            "QUEUE_URL": f"${{{queue.address}.url}}",
            "DEAD_LETTER_QUEUE_URL": f"${{{dead_letters.address}.url}}",
            "STATUS_SHARDS": "8",
            "WRITE_CONCURRENCY": "8",
            "SPLIT_MB": "128",
            "MAXIMUM_HOPS": "100",
            **({"REPLICATED_FROM": other} if is_copied else {}),
            "LOG_LEVEL": level,
            "POWERTOOLS_SERVICE_NAME": f"serverless-data-processor-{name}",
            "POWERTOOLS_METRICS_NAMESPACE": f"serverless-pipeline-{name}",
        }


def test_the_processor_of_requests_knows_the_same(both: Synthesized) -> None:
    """R-E4: the same places, so that records end the same way."""
    for _, stack in both.regional():
        own = "POWERTOOLS_SERVICE_NAME"
        processor, requests = (
            function(both, stack, kind)["environment"]["variables"]
            for kind in ("data-processor", "request-processor")
        )
        assert requests == processor | {own: both.names.function("request-processor")}


def test_the_stream_processor_knows_its_regions_trail(both: Synthesized) -> None:
    """R-A9, R-A4."""
    for region, stack in both.regional():
        variables = function(both, stack, "stream-processor")["environment"]["variables"]
        assert variables["AUDIT_BUCKET"] == both.names.bucket("audit-trail", region)
        assert variables["TABLE_NAME"] == both.names.table("processed-data")


def test_settings_reach_the_functions(variation: Variation) -> None:
    """R-A14, R-A4: no setting is without an effect."""
    changed = variation(
        "dev",
        data={"status_shards": 16, "invocation_log_days": 14},
        functions={
            "log_level": "WARNING",
            "processor": {"memory_mb": 3008, "timeout_seconds": 120, "maximum_concurrency": 77},
        },
    )
    for _, stack in changed.regional():
        processor = function(changed, stack, "data-processor")
        variables = processor["environment"]["variables"]
        assert (processor["memory_size"], processor["timeout"]) == (3008, 120)
        assert variables["STATUS_SHARDS"] == "16"
        assert variables["INVOCATION_LOG_TTL_DAYS"] == "14"
        assert variables["LOG_LEVEL"] == "WARNING"
        assert stack.has(
            "aws_lambda_event_source_mapping", scaling_config={"maximum_concurrency": 77}
        )


@pytest.mark.parametrize("name", SIZES)
def test_each_environment_has_its_size(variation: Variation, name: str) -> None:
    """R-E1, R-A14: retention 7/30/90 days, memory 512/1024/2048 MB; R-A4: five minutes."""
    size = SIZES[name]
    synthesized = variation(name)
    for _, stack in synthesized.regional():
        processor = function(synthesized, stack, "data-processor")
        stream = function(synthesized, stack, "stream-processor")
        assert (processor["memory_size"], processor["timeout"]) == size["processor"]
        assert (stream["memory_size"], stream["timeout"]) == size["stream"]
        requests = function(synthesized, stack, "request-processor")
        assert (requests["memory_size"], requests["timeout"]) == size["workflow"]
        for kind in ("request-validator", "request-notifier"):
            step = function(synthesized, stack, kind)
            assert (step["memory_size"], step["timeout"]) == (512, 30)
        for group in stack.resources("aws_cloudwatch_log_group"):
            assert group["retention_in_days"] == size["retention"]


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_functions_and_their_layer_are_for_the_same_processor(
    variation: Variation, architecture: str
) -> None:
    """R-A4: a layer for another processor fails only when the function runs."""
    synthesized = variation("dev", functions={"architecture": architecture})
    for _, stack in synthesized.regional():
        layer = stack.one("aws_lambda_layer_version")
        assert layer["compatible_architectures"] == [architecture]
        assert layer["compatible_runtimes"] == ["python3.13"]
        for kind in FUNCTIONS:
            resource = function(synthesized, stack, kind)
            assert resource["architectures"] == [architecture]
            assert resource["layers"] == [f"${{{layer.address}.arn}}"]


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_the_log_group_is_there_before_the_function(both: Synthesized, kind: str) -> None:
    """R-B9: one that Lambda makes by itself has no retention and is nobody's."""
    for _, stack in both.regional():
        resource = function(both, stack, kind)
        group = stack.one("aws_cloudwatch_log_group", name=both.names.log_group(kind))  # type: ignore[arg-type]
        assert group.address in resource["depends_on"]
        assert resource["logging_config"]["log_group"] == group["name"]


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_the_role_is_known_by_its_name(both: Synthesized, kind: str) -> None:
    """R-A4, R-A11: by the naming rule and not by reference, and foundation owns that role."""
    for region, stack in both.regional():
        role: str = function(both, stack, kind)["role"]
        name = both.names.role(kind, region)
        assert role == f"arn:aws:iam::{both.environment.account.id}:role/{name}"
        assert both["foundation"].has("aws_iam_role", name=name)


def test_code_is_a_version_of_an_object_in_the_regions_own_bucket(both: Synthesized) -> None:
    """R-E7, R-A4: functions and layer are deployed from the artifacts bucket of their region."""
    uses = (("s3_bucket", "bucket"), ("s3_key", "key"), ("source_code_hash", "source_hash"))
    hashes = {
        "functions/processor.zip": both.packages.processor.sha256_base64,
        "functions/stream-processor.zip": both.packages.stream.sha256_base64,
        "functions/sweep.zip": both.packages.sweep.sha256_base64,
        "functions/api.zip": both.packages.api.sha256_base64,
        "functions/request-validator.zip": both.packages.request_validator.sha256_base64,
        "functions/request-notifier.zip": both.packages.request_notifier.sha256_base64,
        "functions/dependencies.zip": both.packages.layer.sha256_base64,
    }
    for region, stack in both.regional():
        users = [
            *stack.resources("aws_lambda_function"),
            *stack.resources("aws_lambda_layer_version"),
        ]
        assert {user["s3_key"] for user in users} == set(hashes)
        for user in users:
            uploaded = stack.one("aws_s3_object", key=user["s3_key"])
            assert uploaded["bucket"] == both.names.bucket("artifacts", region)
            assert uploaded["source_hash"] == hashes[user["s3_key"]]
            assert uploaded["source"].startswith("assets/"), "a path inside the output folder"
            assert user.refers_to("s3_object_version", uploaded, "version_id")
            for here, there in uses:
                assert user[here] == uploaded[there]


def test_a_long_object_may_go_on_by_messages_of_its_own_function(both: Synthesized) -> None:
    """R-F3: Lambda would stop a function's messages to its own queue after 16 rounds."""
    for _, stack in both.regional():
        config = stack.one("aws_lambda_function_recursion_config")
        processor = function(both, stack, "data-processor")
        assert config["function_name"] == processor["function_name"]
        assert config["recursive_loop"] == "Allow"
        assert config.waits_for(processor)


def test_no_function_takes_concurrency_away_from_the_account(both: Synthesized) -> None:
    """R-E3: no reserved concurrency; the queue's mapping bounds the processor."""
    for _, stack in both.regional():
        for resource in stack.resources("aws_lambda_function"):
            assert resource.get("reserved_concurrent_executions") is None


def test_every_function_has_versions_and_the_alias_live(both: Synthesized) -> None:
    """R-E3, R-C4: each change is published; what calls a function calls the alias."""
    for _, stack in both.regional():
        functions = stack.resources("aws_lambda_function")
        assert len(stack.resources("aws_lambda_alias")) == len(functions) > 0
        for each in functions:
            alias = live(stack, each)
            assert each["publish"] is True
            assert alias.refers_to("function_version", each, "version")
            assert alias.get("routing_config") is None


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
@pytest.mark.parametrize("strategy", ["direct", "canary"])
def test_an_apply_moves_an_alias_by_the_direct_strategy_only(
    variation: Variation, name: str, strategy: str
) -> None:
    """R-C7, R-C4: otherwise Terraform ignores what a release moves, and nothing else."""
    for _, stack in variation(name, release={"strategy": strategy}).regional():
        for alias in stack.resources("aws_lambda_alias"):
            ignored = (alias.get("lifecycle") or {}).get("ignore_changes", [])
            moved = {"canary": ["function_version", "routing_config"], "direct": []}
            assert ignored == moved[strategy]


def test_only_the_disposable_environment_is_released_by_its_deploy(variation: Variation) -> None:
    """R-C7: staging and prod change their code under the eyes of a release."""
    strategies = {
        name: variation(name).environment.release.strategy for name in ("dev", "staging", "prod")
    }
    assert strategies == {"dev": "direct", "staging": "canary", "prod": "canary"}


def test_nothing_calls_a_function_past_its_alias(dev: Synthesized, direct: Synthesized) -> None:
    """R-E3, R-C7: a caller of the bare ARN would get unreleased code at once."""
    for each in (dev, direct):
        for _, stack in each.regional():
            addresses = [one.address for one in stack.resources("aws_lambda_function")]
            for resource in stack.resources():
                text = json.dumps(dict(resource.arguments))
                for address in addresses:
                    assert f"{address}.arn" not in text, resource.address
                    assert f"{address}.invoke_arn" not in text, resource.address
                if resource.kind == "aws_lambda_permission":
                    assert resource["qualifier"], resource.address


@pytest.mark.parametrize(("tracing", "mode"), [(True, "Active"), (False, "PassThrough")])
def test_tracing_is_a_setting_of_all_functions(
    variation: Variation, tracing: bool, mode: str
) -> None:
    """R-E3, R-A12: X-Ray."""
    for _, stack in variation("dev", functions={"tracing": tracing}).regional():
        for each in stack.resources("aws_lambda_function"):
            assert each["tracing_config"] == {"mode": mode}
