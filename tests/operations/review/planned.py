"""Plans as `terraform show -json` writes them, made by hand."""

import copy
import json
from typing import Any

from operations.review.changes import Plan, read_plan
from operations.review.dangers.model import Danger
from operations.review.report import Review

ACCOUNT = "111122223333"
REGION = "us-east-1"
Values = dict[str, Any]


def resource(
    kind: str,
    before: Values | None,
    after: Values | None,
    *,
    name: str = "one",
    actions: list[str] | None = None,
    unknown: Values | None = None,
    sensitive: Values | None = None,
    forced_by: list[list[Any]] | None = None,
    **more: Any,
) -> Values:
    """Return one entry of `resource_changes`; what is done follows from what is there."""
    if actions is None:
        given = {(True, False): ["create"], (False, True): ["delete"]}
        actions = given.get((before is None, after is None), ["update"])
        actions = ["no-op"] if before == after and not unknown else actions
    change: Values = {
        "actions": actions,
        "before": before,
        "after": after,
        "after_unknown": unknown or {},
        "before_sensitive": sensitive or {},
        "after_sensitive": sensitive or {},
    }
    if forced_by:
        change["replace_paths"] = forced_by
    address = f"{kind}.{name}"
    return {
        "address": address,
        "mode": "managed",
        "type": kind,
        "name": name,
        **more,
        "change": change,
    }


def changed(kind: str, before: Values, *, name: str = "one", **after: Any) -> Values:
    """Return the update of some attributes; None takes one away."""
    return resource(kind, before, {**before, **after}, name=name)


def plan_of(*resources: Values, **more: Any) -> Values:
    """Return a whole plan; the configuration sets what the resources have afterwards."""
    configured = [
        {
            "address": each["address"],
            "provider_config_key": "aws",
            "expressions": {
                key: {}
                for key in {**(each["change"]["after"] or {}), **each["change"]["after_unknown"]}
                if key not in ("id", "tags_all", "last_modified")
                and (key != "arn" or each["type"] == "aws_cloudwatch_event_target")
            },
        }
        for each in resources
        if each["change"]["after"] is not None
    ]
    region = {"region": {"constant_value": REGION}}
    return {
        "format_version": "1.2",
        "resource_changes": copy.deepcopy(list(resources)),
        "configuration": {
            "provider_config": {"aws": {"expressions": region}},
            "root_module": {"resources": configured},
        },
        **more,
    }


def plan(*resources: Values, stack: str = "foundation", **more: Any) -> Plan:
    """Return the plan as it is read."""
    return read_plan(stack, json.loads(json.dumps(plan_of(*resources, **more))))


def review(*resources: Values, **given: Any) -> Review:
    """Return the review of one stack."""
    plans = {"foundation": plan(*resources)}
    file = "environments/approvals/dev.toml"
    return Review("dev", ACCOUNT, plans, **{"approvals_file": file, **given})


def dangers(*resources: Values) -> list[Danger]:
    """Return the dangers of one stack."""
    return review(*resources).dangers


def kinds(*resources: Values) -> list[str]:
    """Return their kinds."""
    return [each.kind for each in dangers(*resources)]


def policy(*statements: Values) -> str:
    """Return a policy document as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = None, **more: Any) -> Values:
    """Return a statement that allows."""
    where = {} if resource is None else {"Resource": resource}
    return {"Effect": "Allow", "Action": action, **where, **more}
