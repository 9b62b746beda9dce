"""Changes of the synthesized JSON, each with the danger that has to be found, or with none."""

import json
import re
from collections.abc import Callable
from typing import Any

Content = dict[str, Any]
Edit = Callable[[Content], None]


def first(content: Content, kind: str, part: str = "") -> Content:
    """Return the first resource of a type whose name has a part."""
    found = content["resource"][kind]
    resource: Content = next(found[name] for name in sorted(found) if part in name)
    return resource


def remove(content: Content, kind: str, part: str = "") -> None:
    found = content["resource"][kind]
    del found[next(name for name in sorted(found) if part in name)]
    if not found:
        del content["resource"][kind]


def edited(document: str, edit: Callable[[list[Content]], None]) -> str:
    policy = json.loads(document)
    edit(policy["Statement"])
    return json.dumps(policy)


# -- planted in foundation ---------------------------------------------------------------------


def renamed_invocation_log(content: Content) -> None:
    first(content, "aws_dynamodb_table", "invocation-log-us-east-1")["name"] = "another"


def table_without_recovery(content: Content) -> None:
    table = first(content, "aws_dynamodb_table", "object-ledger")
    table["point_in_time_recovery"] = {"enabled": False}


def table_without_replica(content: Content) -> None:
    first(content, "aws_dynamodb_table", "processed-data")["replica"] = []


def key_without_rotation(content: Content) -> None:
    first(content, "aws_kms_key")["enable_key_rotation"] = False


def unversioned(content: Content) -> None:
    versioning = first(content, "aws_s3_bucket_versioning", "audit-trail-us-east-1")
    versioning["versioning_configuration"] = {"status": "Suspended"}


def open_block(content: Content) -> None:
    block = first(content, "aws_s3_bucket_public_access_block", "data-quarantine-us-east-1")
    block["block_public_policy"] = False


def public_bucket(content: Content) -> None:
    policy = first(content, "aws_s3_bucket_policy", "data-quarantine-us-west-2")
    opened = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    policy["policy"] = edited(policy["policy"], lambda given: given.append(opened))


def bucket_without_tls(content: Content) -> None:
    remove(content, "aws_s3_bucket_policy", "data-ingestion-us-west-2")


def shorter_lifecycle(content: Content) -> None:
    lifecycle = first(content, "aws_s3_bucket_lifecycle_configuration", "data-ingestion-us-east-1")
    lifecycle["rule"][0]["noncurrent_version_expiration"][0]["noncurrent_days"] = 3


def wider_role(content: Content) -> None:
    role = first(content, "aws_iam_role_policy", "processor-role")
    role["policy"] = edited(
        role["policy"], lambda given: given[0].update(Action=["logs:*"], Resource="*")
    )


def wider_trust(content: Content) -> None:
    role = first(content, "aws_iam_role", "failover")
    stranger = {"AWS": "arn:aws:iam::444455556666:root"}
    role["assume_role_policy"] = edited(
        role["assume_role_policy"], lambda given: given[0].update(Principal=stranger)
    )


# -- planted in primary ------------------------------------------------------------------------


def no_rule_for_orders(content: Content) -> None:
    remove(content, "aws_cloudwatch_event_target", "orders")
    remove(content, "aws_cloudwatch_event_rule", "orders")


def narrower_pattern(content: Content) -> None:
    rule = first(content, "aws_cloudwatch_event_rule", "sensors")
    rule["event_pattern"] = json.dumps({**json.loads(rule["event_pattern"]), "account": ["x"]})


def no_notification(content: Content) -> None:
    remove(content, "aws_s3_bucket_notification")


def mapping_off(content: Content) -> None:
    first(content, "aws_lambda_event_source_mapping", "processor")["enabled"] = False


def shorter_logs(content: Content) -> None:
    first(content, "aws_cloudwatch_log_group", "stream-processor")["retention_in_days"] = 1


def renamed_queue(content: Content) -> None:
    first(content, "aws_sqs_queue", "dead-letters")["name"] = "another"


def started_by_everybody(content: Content) -> None:
    content["resource"].setdefault("aws_lambda_permission", {})["open"] = {
        "statement_id": "open",
        "function_name": "serverless-data-processor-dev",
        "action": "lambda:InvokeFunction",
        "principal": "*",
    }


# Stack -> change -> kind of the danger, a part of the address, a part of what is said.
def open_route(content: Content) -> None:
    """The API's document is a local value, which the API and its deployment refer to."""
    name = next(each for each in content["locals"] if "document" in each)
    document = json.loads(content["locals"][name])
    document["paths"]["/process"]["post"]["security"] = []
    content["locals"][name] = json.dumps(document)


PLANTED: dict[str, dict[Edit, tuple[str, str, str]]] = {
    "foundation": {
        renamed_invocation_log: ("state", "invocation-log-us-east-1", "anew"),
        table_without_recovery: ("protection", "object-ledger", "point_in_time_recovery"),
        table_without_replica: ("state", "processed-data", "replica in us-west-2"),
        key_without_rotation: ("protection", "data-key", "enable_key_rotation: true → false"),
        unversioned: ("protection", "audit-trail-us-east-1", "Enabled → Suspended"),
        open_block: ("protection", "data-quarantine-us-east-1", "block_public_policy"),
        public_bucket: ("public", "data-quarantine-us-west-2", "allow s3:GetObject on * to *"),
        bucket_without_tls: ("access", "data-ingestion-us-west-2", "not deny s3:* on"),
        shorter_lifecycle: ("retention", "data-ingestion-us-east-1", "after 3 days"),
        wider_role: ("access", "processor-role", "allow logs:* on *"),
        wider_trust: ("access", "failover", "444455556666"),
    },
    "primary": {
        no_rule_for_orders: ("route", "orders", "would be removed"),
        narrower_pattern: ("route", "sensors", "event_pattern"),
        no_notification: ("route", "notification", "would be removed"),
        mapping_off: ("route", "processor_work", "enabled: true → false"),
        shorter_logs: ("retention", "stream-processor", "7 → 1"),
        renamed_queue: ("state", "dead-letters", "another"),
        started_by_everybody: ("public", "open", "invokefunction"),
        open_route: ("public", "rest_api", "POST /process without authorization"),
    },
}


# -- harmless ----------------------------------------------------------------------------------


def memory_time_out_level_and_description(content: Content) -> None:
    function = first(content, "aws_lambda_function", "processor")
    function.update(memory_size=1024, timeout=200, description="Another text")
    function["environment"]["variables"]["LOG_LEVEL"] = "INFO"


def a_tag_on_everything(content: Content) -> None:
    for provider in content["provider"]["aws"]:
        provider["default_tags"][0]["tags"]["CostCenter"] = "42"


def longer_logs(content: Content) -> None:
    first(content, "aws_cloudwatch_log_group")["retention_in_days"] = 365


def one_more_rule(content: Content) -> None:
    rule = first(content, "aws_cloudwatch_event_rule", "orders")
    name = rule["name"].replace("orders", "visits")
    target = first(content, "aws_cloudwatch_event_target", "orders")
    content["resource"]["aws_cloudwatch_event_rule"]["visits"] = {**rule, "name": name}
    content["resource"]["aws_cloudwatch_event_target"]["visits"] = {
        **target,
        "rule": "${aws_cloudwatch_event_rule.visits.name}",
    }
    for policy in content["resource"]["aws_sqs_queue_policy"].values():
        policy["policy"] = edited(policy["policy"], lambda given: let_in(given, name))


def let_in(statements: list[Content], name: str) -> None:
    arns = next(
        each["Condition"]["ArnEquals"]["aws:SourceArn"]
        for each in statements
        if each["Effect"] == "Allow"
    )
    arns.append(re.sub(r"rule/.*", f"rule/{name}", arns[0]))


def reordered_and_narrower(content: Content) -> None:
    one, two = (first(content, "aws_iam_role_policy", part) for part in ("processor", "failover"))
    one["policy"] = edited(one["policy"], list.reverse)
    two["policy"] = edited(two["policy"], lambda given: given.__delitem__(-1))
    key = first(content, "aws_kms_key")
    key["policy"] = edited(key["policy"], list.reverse)


def more_protection(content: Content) -> None:
    first(content, "aws_dynamodb_table", "object-ledger")["deletion_protection_enabled"] = True
    first(content, "aws_s3_bucket", "audit-trail")["force_destroy"] = False
    lifecycle = first(content, "aws_s3_bucket_lifecycle_configuration", "audit-trail")
    lifecycle["rule"][0]["noncurrent_version_expiration"][0]["noncurrent_days"] = 90


HARMLESS: dict[str, list[Edit]] = {
    "foundation": [a_tag_on_everything, reordered_and_narrower, more_protection],
    "primary": [
        a_tag_on_everything,
        memory_time_out_level_and_description,
        longer_logs,
        one_more_rule,
    ],
}
