"""Every kind of danger is found, and what is harmless beside it is not."""

import pytest

from operations.review.changes import read_plan
from operations.review.dangers import find
from tests.operations.review.harmless import HARMLESS
from tests.operations.review.planned import (
    ACCOUNT,
    Values,
    allow,
    changed,
    dangers,
    kinds,
    plan_of,
    policy,
    resource,
    review,
)
from tests.operations.review.planted_protection import PROTECTION
from tests.operations.review.planted_retention import RETENTION
from tests.operations.review.planted_routes import ROUTES
from tests.operations.review.resources import (
    BLOCK,
    FUNCTION,
    MAPPING,
    OTHER_KEY,
    TABLE,
    notification,
    rule,
)

CHANGED = {**PROTECTION, **RETENTION, **ROUTES}


@pytest.mark.parametrize("case", CHANGED)
def test_a_change_for_the_worse_is_found(case: str) -> None:
    """R-F7: one danger of its kind, that names what changes."""
    kind, resource_type, before, after = CHANGED[case]

    found = dangers(changed(resource_type, before, **after))

    assert {each.kind for each in found} == set(kind.split()), found
    assert all(each.what and each.why for each in found)


@pytest.mark.parametrize("case", [each for each in CHANGED if each not in ("an older TLS",)])
def test_the_change_back_is_harmless(case: str) -> None:
    """R-F7: what gets better raises no alarm."""
    kind, resource_type, before, after = CHANGED[case]
    either_way = {
        "another key of a table",
        "another key of a replica",
        "an alias of another key",
        "another target",
        "time to live by another attribute",
        "another queue",
        "no queue for what fails",
    }

    found = kinds(changed(resource_type, {**before, **after}, **before))

    assert found == ([kind] if case in either_way else [])


@pytest.mark.parametrize("case", HARMLESS)
def test_a_harmless_change_raises_no_alarm(case: str) -> None:
    """R-F7: nobody reads a review that cries wolf."""
    resource_type, before, after = HARMLESS[case]

    assert dangers(changed(resource_type, before, **after)) == []


@pytest.mark.parametrize(
    ("kind", "lost"),
    [
        ("aws_dynamodb_table", "items"),
        ("aws_s3_bucket", "objects"),
        ("aws_kms_key", "cannot be read"),
        ("aws_kms_replica_key", "cannot be read"),
        ("aws_secretsmanager_secret", "secret"),
        ("aws_sqs_queue", "messages"),
        ("aws_cloudwatch_log_group", "logs"),
        ("aws_cognito_user_pool", "users"),
        ("aws_sfn_state_machine", "executions"),
    ],
)
def test_state_that_goes_is_found(kind: str, lost: str) -> None:
    """R-F7: destroyed, and replaced by an empty one in either order."""
    before = {"name": "one", "arn": "arn:one", "size": 1}
    after = {**before, "size": 2}

    gone = dangers(resource(kind, before, None))
    assert [each.kind for each in gone] == ["state"]
    assert lost in gone[0].why
    for actions in (["delete", "create"], ["create", "delete"]):
        (replaced,) = dangers(resource(kind, before, after, actions=actions, forced_by=[["size"]]))
        assert replaced.kind == "state"
        assert "size: 1 → 2" in replaced.what


@pytest.mark.parametrize(
    ("method", "found"),
    [
        ({"http_method": "GET", "authorization": "NONE"}, ["public"]),
        ({"http_method": "GET", "authorization": "NONE", "api_key_required": True}, []),
        ({"http_method": "GET", "authorization": "COGNITO_USER_POOLS"}, []),
        ({"http_method": "OPTIONS", "authorization": "NONE"}, []),
    ],
)
def test_a_new_method_for_everybody_is_found(method: Values, found: list[str]) -> None:
    """R-F7: but not what browsers ask without credentials."""
    assert kinds(resource("aws_api_gateway_method", None, method)) == found


@pytest.mark.parametrize(
    ("key", "said"), [(None, "AWS's own key"), (OTHER_KEY, "the key is another")]
)
def test_it_is_told_whether_another_key_or_awss_own_comes(key: str | None, said: str) -> None:
    """R-F7: two different dangers."""
    after = [{"enabled": True, "kms_key_arn": key}]

    (found,) = dangers(changed("aws_dynamodb_table", TABLE, server_side_encryption=after))

    assert said in found.why


def test_data_sources_are_no_changes() -> None:
    """R-F7: Terraform lists what it reads during the apply beside what it changes."""
    read = resource("aws_kms_key", None, {"name": "x"}, actions=["read"])

    assert review({**read, "mode": "data"}).headline() == "dev: no changes"


def test_what_terraform_only_forgets_stays() -> None:
    """R-F7: a removed block with destroy = false."""
    assert dangers(resource("aws_dynamodb_table", TABLE, None, actions=["forget"])) == []


@pytest.mark.parametrize(
    ("kind", "before", "found"),
    [
        ("aws_s3_bucket_versioning", {"bucket": "b"}, "protection"),
        ("aws_s3_bucket_public_access_block", BLOCK, "protection"),
        ("aws_s3_bucket_replication_configuration", {"bucket": "b"}, "protection"),
        ("aws_s3_bucket_notification", notification(), "route"),
        ("aws_s3_bucket_policy", {"bucket": "b", "policy": policy(allow("x", "*"))}, None),
        ("aws_lambda_event_source_mapping", MAPPING, "route"),
        ("aws_cloudwatch_event_target", {"rule": "r", "arn": "a"}, "route"),
        ("aws_api_gateway_method", {"http_method": "GET"}, "route"),
        ("aws_route53_record", {"name": "n"}, "route"),
        ("aws_lambda_function", FUNCTION, "route"),
        ("aws_cloudwatch_dashboard", {"dashboard_name": "d"}, None),
    ],
)
def test_what_guards_or_leads_somewhere_and_goes_is_found(
    kind: str, before: Values, found: str | None
) -> None:
    """R-F7: a removed guard is a weaker protection, a removed route a shut one."""
    assert kinds(resource(kind, before, None)) == ([found] if found else [])


def test_what_goes_with_its_owner_is_no_danger_of_its_own() -> None:
    """R-F7: a bucket that goes is one danger, and so is a rule with its target."""
    bucket = resource("aws_s3_bucket", {"bucket": "b", "region": "us-east-1"}, None)
    block = resource("aws_s3_bucket_public_access_block", {**BLOCK, "region": "us-east-1"}, None)
    rule = resource("aws_cloudwatch_event_rule", {"name": "r", "region": "us-east-1"}, None)
    target = {"rule": "r", "arn": "a", "region": "us-east-1"}

    assert kinds(bucket, block) == ["state"]
    assert kinds(rule, resource("aws_cloudwatch_event_target", target, None)) == ["route"]


@pytest.mark.parametrize("kind", ["aws_cloudwatch_event_rule", "aws_lambda_event_source_mapping"])
def test_a_route_that_is_made_anew_is_away_meanwhile(kind: str) -> None:
    """R-F7: but not when the new one is made first."""
    before, after = {"name": "a"}, {"name": "b"}
    gap = resource(kind, before, after, actions=["delete", "create"], forced_by=[["name"]])
    none = resource(kind, before, after, actions=["create", "delete"], forced_by=[["name"]])

    assert kinds(gap) == ["route"]
    assert kinds(none) == []


UNKNOWN = {
    "a key": ("aws_dynamodb_table", TABLE, "server_side_encryption", [{"kms_key_arn": True}]),
    "a protection": ("aws_dynamodb_table", TABLE, "deletion_protection_enabled", True),
    "a retention": (
        "aws_cloudwatch_log_group",
        {"retention_in_days": 7},
        "retention_in_days",
        True,
    ),
    "a pattern": ("aws_cloudwatch_event_rule", rule(), "event_pattern", True),
    "a target": ("aws_cloudwatch_event_target", {"rule": "r", "arn": "a"}, "arn", True),
    "a policy": ("aws_iam_role_policy", {"role": "r", "policy": policy()}, "policy", True),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_cannot_be_told_before_the_apply_is_said_to_be_so(case: str) -> None:
    """R-F7: of what is deployed, an unknown value is a danger; AWS's own values are none."""
    kind, before, attribute, unknown = UNKNOWN[case]
    after = {key: value for key, value in before.items() if key != attribute}
    if isinstance(unknown, list):
        after[attribute] = [{"enabled": True}]
    planned = resource(kind, before, after, unknown={attribute: unknown})

    (found,) = dangers(planned)

    assert "cannot be told before the apply" in found.why


def test_a_part_of_a_block_that_nobody_set_is_no_danger() -> None:
    """R-F7: such as how far back a table can be restored, when only that it can is set."""
    after = {**TABLE, "point_in_time_recovery": [{"enabled": True}]}
    unknown = {"point_in_time_recovery": [{"recovery_period_in_days": True}]}
    content = plan_of(resource("aws_dynamodb_table", TABLE, after, unknown=unknown))
    (configured,) = content["configuration"]["root_module"]["resources"]

    configured["expressions"]["point_in_time_recovery"] = [{"enabled": {}}]
    assert find(read_plan("foundation", content).changes, ACCOUNT) == []
    configured["expressions"]["point_in_time_recovery"][0]["recovery_period_in_days"] = {}
    assert len(find(read_plan("foundation", content).changes, ACCOUNT)) == 1


def test_an_unknown_value_that_nobody_set_is_no_danger() -> None:
    """R-F7: such as a time stamp of AWS."""
    before = {**FUNCTION, "last_modified": "today", "arn": FUNCTION["arn"]}
    planned = changed("aws_lambda_function", before, memory_size=1024)
    planned["change"]["after_unknown"] = {"last_modified": True, "arn": True}

    assert dangers(planned) == []
