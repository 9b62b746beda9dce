"""Outputs: what a person or a program needs to find the pipeline of both regions."""

from pipeline.naming import BUCKETS
from tests.pipeline.stacks.synthesized import Stack, Synthesized

POOL = "aws_cognito_user_pool"


def test_a_regional_stack_says_where_its_pipeline_is(both: Synthesized) -> None:
    """R-A15, R-D1, R-E8: buckets, tables, functions and queues, in each region."""
    names = both.names
    for region, stack in both.regional():
        queue = stack.one("aws_sqs_queue", name=names.queue("data-processing"))
        dead = stack.one("aws_sqs_queue", name=names.queue("data-processing-dlq"))
        functions = {
            kind: stack.one("aws_lambda_function", function_name=names.function(kind))
            for kind in ("data-processor", "stream-processor", "object-sweep")
        }
        machine = stack.one("aws_sfn_state_machine")
        topic = stack.one("aws_sns_topic", name=names.topic("notifications"))
        alerts = stack.one("aws_sns_topic", name=names.topic("alerts"))
        assert stack.outputs() == {
            "environment": both.environment.environment,
            "ingestion_bucket": names.bucket("data-ingestion", region),
            "ingestion_bucket_arn": names.bucket_arn("data-ingestion", region),
            "processor_function": names.function("data-processor"),
            "processor_function_arn": f"${{{functions['data-processor'].address}.arn}}",
            "stream_processor_function": names.function("stream-processor"),
            "stream_processor_function_arn": f"${{{functions['stream-processor'].address}.arn}}",
            "object_sweep_function": names.function("object-sweep"),
            "object_sweep_function_arn": f"${{{functions['object-sweep'].address}.arn}}",
            "work_queue_url": f"${{{queue.address}.url}}",
            "dead_letter_queue_url": f"${{{dead.address}.url}}",
            "processed_data_table": names.table("processed-data"),
            "invocation_log_table": names.table("invocation-log"),
            "alerts_topic_arn": f"${{{alerts.address}.arn}}",
            "health_alarm": names.alarm("pipeline"),
            "state_machine_arn": f"${{{machine.address}.arn}}",
            "notifications_topic_arn": f"${{{topic.address}.arn}}",
            **api_outputs(both, stack),
        }


def api_outputs(both: Synthesized, stack: Stack) -> dict[str, str]:
    name = both.names.function("api")
    function = stack.one("aws_lambda_function", function_name=name)
    found = {
        "api_endpoint": f"${{{stack.one('aws_api_gateway_stage').address}.invoke_url}}",
        "api_id": f"${{{stack.one('aws_api_gateway_rest_api').address}.id}}",
        "api_function": name,
        "api_function_arn": f"${{{function.address}.arn}}",
    }
    if both.environment.api.api_key:
        found["api_key_id"] = f"${{{stack.one('aws_api_gateway_api_key').address}.id}}"
    return found


def test_foundation_says_what_it_keeps_in_both_regions(
    both: Synthesized, european: Synthesized
) -> None:
    """R-A15: names and ARNs of tables, buckets and keys; output names follow the regions."""
    for each in (both, european):
        outputs, names = each["foundation"].outputs(), each.names
        for region in each.regions:
            suffix = region.replace("-", "_")
            for kind in ("processed-data", "object-ledger"):
                word = kind.replace("-", "_")
                assert outputs[f"{word}_table"] == names.table(kind)
                arn = names.table_arn(kind, region)
                assert outputs[f"{word}_table_arn_{suffix}"] == arn
            for bucket in BUCKETS:
                output = outputs[f"{bucket.replace('-', '_')}_bucket_{suffix}"]
                assert output == names.bucket(bucket, region)
            pools = {each["foundation"].region(p): p for p in each["foundation"].resources(POOL)}
            assert outputs[f"user_pool_id_{suffix}"] == f"${{{pools[region].address}.id}}"
            assert f"user_pool_client_id_{suffix}" in outputs
            assert f"identity_pool_id_{suffix}" in outputs
        key = each["foundation"].one("aws_kms_key")
        replica = each["foundation"].one("aws_kms_replica_key")
        first, second = (region.replace("-", "_") for region in each.regions)
        assert outputs[f"data_key_arn_{first}"] == f"${{{key.address}.arn}}"
        assert outputs[f"data_key_arn_{second}"] == f"${{{replica.address}.arn}}"


def test_every_output_says_what_it_is(both: Synthesized) -> None:
    """R-A15: and no output shows a secret."""
    for stack in both.stacks.values():
        for name, output in stack.json["output"].items():
            assert output["description"].strip(), f"{stack.name}.{name} has no description"
            assert "sensitive" not in output
