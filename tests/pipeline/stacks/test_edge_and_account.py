"""What spans both regions, and what exists once per account."""

import json
import re

from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Synthesized


def test_the_dashboard_shows_both_regions_side_by_side(
    both: Synthesized, european: Synthesized
) -> None:
    """R-A12: the same widgets in each region's column, and the records of the functions."""
    for each in (both, european):
        dashboard = each["edge"].one("aws_cloudwatch_dashboard")
        widgets = json.loads(dashboard["dashboard_body"])["widgets"]
        columns = {
            region: [w for w in widgets if w["properties"]["region"] == region]
            for region in each.regions
        }
        assert sum(len(column) for column in columns.values()) == len(widgets)
        shown = [
            [json.dumps(w["properties"]["metrics"]).replace(region, "here") for w in column]
            for region, column in columns.items()
        ]
        assert shown[0] == shown[1]
        metrics = [m for w in columns[each.regions[0]] for m in w["properties"]["metrics"]]
        assert {m[0]["label"] for m in metrics if isinstance(m[0], dict)} == {
            "RecordsRead",
            "RecordsStored",
            "RecordsSuperseded",
            "RecordsRejected",
        }
        dead = each.names.queue("data-processing-dlq")
        visible = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", dead]
        assert visible in metrics


def test_the_widgets_lie_on_the_grid_without_overlap(dev: Synthesized) -> None:
    """R-A12: CloudWatch has 24 columns."""
    body = json.loads(dev["edge"].one("aws_cloudwatch_dashboard")["dashboard_body"])
    cells: set[tuple[int, int]] = set()
    for widget in body["widgets"]:
        area = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert max(x for x, _ in area) < 24
        assert not area & cells
        cells |= area


def test_the_dashboards_metrics_come_from_functions_that_publish_them(dev: Synthesized) -> None:
    """R-A12: the namespace and the service are those that the function is told."""
    variables = dev["primary"].one(
        "aws_lambda_function", function_name=dev.names.function("data-processor")
    )["environment"]["variables"]
    body = json.loads(dev["edge"].one("aws_cloudwatch_dashboard")["dashboard_body"])
    expressions = [
        metric[0]["expression"]
        for widget in body["widgets"]
        for metric in widget["properties"]["metrics"]
        if isinstance(metric[0], dict)
    ]

    assert expressions
    for expression in expressions:
        # The function publishes per dataset: CloudWatch adds nothing up by itself.
        schema = re.search(r"\{(.*?)\}", expression)
        assert schema is not None
        namespace, *dimensions = schema[1].split(",")
        # Unquoted, a namespace with a hyphen finds nothing ("Search expression syntax").
        assert namespace == f'"{variables["POWERTOOLS_METRICS_NAMESPACE"]}"'
        assert sorted(dimensions) == ["dataset", "service"]
        assert f'service="{variables["POWERTOOLS_SERVICE_NAME"]}"' in expression


def test_the_account_stack_has_singletons_only(both: Synthesized) -> None:
    """R-C4: API Gateway's logging role, and its registration in each region."""
    account = both["account"]
    role = account.one("aws_iam_role")
    assert {each.kind for each in account.resources()} == {
        "aws_api_gateway_account",
        "aws_iam_role",
        "aws_iam_role_policy",
    }
    registrations = account.resources("aws_api_gateway_account")
    assert {account.region(each) for each in registrations} == set(both.regions)
    permissions = account.one("aws_iam_role_policy")
    for registration in registrations:
        assert registration.refers_to("cloudwatch_role_arn", role, "arn")
        assert registration.waits_for(permissions), "API Gateway tries the role at once"
    for name in set(both.stacks) - {"account"}:
        assert not both[name].any_resources("aws_api_gateway_account")


def test_only_the_environment_that_owns_them_deploys_the_singletons(variation: Variation) -> None:
    """R-C4: two environments of one account would take the role from each other."""
    without = variation("dev", account={"singletons": False})

    assert set(without.stacks) == {"foundation", "primary", "secondary", "edge"}
