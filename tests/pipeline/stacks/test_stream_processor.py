"""The audit trail: every change of the table, kept until it is written."""

from tests.pipeline.stacks.synthesized import Resource, Stack, Synthesized, live


def mapping(synthesized: Synthesized, stack: Stack) -> Resource:
    processor = stack.one(
        "aws_lambda_function", function_name=synthesized.names.function("stream-processor")
    )
    arn = f"${{{live(stack, processor).address}.arn}}"
    return stack.one("aws_lambda_event_source_mapping", function_name=arn)


def test_each_region_reads_the_stream_of_its_own_replica(both: Synthesized) -> None:
    """R-A9: looked up in the stack's own region, since the ARN ends in a time stamp."""
    for region, stack in both.regional():
        (table,) = stack.data_sources("aws_dynamodb_table")
        assert table["name"] == both.names.table("processed-data")
        assert stack.region(table) == region
        stream = f"${{data.{table.address}.stream_arn}}"
        assert mapping(both, stack)["event_source_arn"] == stream


def test_no_change_is_left_out(both: Synthesized) -> None:
    """R-A9: from the oldest one, retried as long as the stream keeps it, and by halves."""
    for _, stack in both.regional():
        changes = mapping(both, stack)
        assert changes["starting_position"] == "TRIM_HORIZON"
        assert changes["bisect_batch_on_function_error"] is True
        assert changes["function_response_types"] == ["ReportBatchItemFailures"]
        assert changes["maximum_retry_attempts"] == -1
        assert 22 * 3600 <= changes["maximum_record_age_in_seconds"] < 24 * 3600
        assert changes["batch_size"] <= 10_000
        # Lambda asks for a window of at least one second with batches of more than ten.
        assert changes["batch_size"] <= 10 or changes["maximum_batching_window_in_seconds"] >= 1


def test_a_failed_batch_is_kept_with_its_records(both: Synthesized) -> None:
    """R-A9, R-A8: in the trail's bucket; a queue would keep a pointer that dies in 24 hours."""
    for region, stack in both.regional():
        on_failure = mapping(both, stack)["destination_config"]["on_failure"]
        assert on_failure == {"destination_arn": both.names.bucket_arn("audit-trail", region)}


def test_the_table_has_the_stream_that_is_read(both: Synthesized) -> None:
    """R-A9, R-A6: with both images, or deletions cannot be told from expiries."""
    assert both["foundation"].has(
        "aws_dynamodb_table",
        name=both.names.table("processed-data"),
        stream_enabled=True,
        stream_view_type="NEW_AND_OLD_IMAGES",
    )
