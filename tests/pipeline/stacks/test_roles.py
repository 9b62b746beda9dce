"""Roles: exactly what each function does, where it does it, and who may assume them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Resource, Synthesized

# What has no resource level in IAM's own tables (Service Authorization Reference), so that `*` is
# the only resource that grants it.
WITHOUT_RESOURCE_LEVEL = {
    "dynamodb:ListStreams",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
# The workflow's, beside its work: Step Functions delivers logs and traces with its role.
DELIVERS = {
    action: {"*"} for action in WITHOUT_RESOURCE_LEVEL if action.startswith(("logs:", "xray:"))
}
# Of every function that is traced, whatever it does.
TRACES: dict[str, set[str]] = {
    "xray:PutTelemetryRecords": {"*"},
    "xray:PutTraceSegments": {"*"},
}


def roles(synthesized: Synthesized) -> dict[str, Resource]:
    found = [r for r in synthesized.every_resource() if r.kind == "aws_iam_role"]
    return {each["name"]: each for each in found}


def statements(synthesized: Synthesized, role: str) -> list[dict[str, Any]]:
    """All that a role may do: its one inline policy, and nothing attached beside it."""
    resource = roles(synthesized)[role]
    stack = synthesized[resource.stack]
    assert not resource.get("managed_policy_arns")
    assert not resource.get("inline_policy")
    return stack.one("aws_iam_role_policy", role=f"${{{resource.address}.name}}").policy()


def granted(synthesized: Synthesized, role: str) -> dict[str, set[str]]:
    """Action -> resources that a role may do it on; without any condition or denial."""
    result: dict[str, set[str]] = {}
    for statement in statements(synthesized, role):
        assert set(statement) == {"Sid", "Effect", "Action", "Resource"}
        assert statement["Effect"] == "Allow"
        for action in listed(statement["Action"]):
            result.setdefault(action, set()).update(listed(statement["Resource"]))
    return result


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def arns(synthesized: Synthesized, region: str) -> dict[str, str]:
    """The ARNs that policies are written with, put together here and not by the naming rule."""
    environment = synthesized.environment
    name, account = environment.environment, environment.account.id
    bucket = f"arn:aws:s3:::serverless-{{}}-{name}-{account}-{region}"
    table = f"arn:aws:dynamodb:{region}:{account}:table/serverless-{{}}-{name}"
    logs = f"arn:aws:logs:{region}:{account}:log-group:/aws/lambda/serverless-{{}}-{name}:*"
    return {
        "ingestion": bucket.format("data-ingestion"),
        "trail": bucket.format("audit-trail"),
        "quarantine": bucket.format("data-quarantine"),
        "records": table.format("processed-data"),
        "ledger": table.format("object-ledger"),
        "log": table.format("invocation-log"),
        "queue": f"arn:aws:sqs:{region}:{account}:serverless-data-processing-{name}",
        "dead": f"arn:aws:sqs:{region}:{account}:serverless-data-processing-dlq-{name}",
        "processor-logs": logs.format("data-processor"),
        "stream-logs": logs.format("stream-processor"),
        "sweep-logs": logs.format("object-sweep"),
        "topic": f"arn:aws:sns:{region}:{account}:serverless-notifications-{name}",
        **{
            f"{step}-logs": logs.format(step)
            for step in ("api", "request-validator", "request-processor", "request-notifier")
        },
    }


def processor_grants(a: dict[str, str]) -> dict[str, set[str]]:
    return {
        **TRACES,
        "logs:CreateLogStream": {a["processor-logs"]},
        "logs:PutLogEvents": {a["processor-logs"]},
        "s3:GetObject": {f"{a['ingestion']}/*", f"{a['quarantine']}/checkpoints/*"},
        "s3:GetObjectVersion": {f"{a['ingestion']}/*"},
        "s3:ListBucket": {a["ingestion"], a["quarantine"]},
        "s3:AbortMultipartUpload": {
            f"{a['quarantine']}/quarantine/*",
            f"{a['quarantine']}/checkpoints/*",
        },
        "s3:PutObject": {f"{a['quarantine']}/quarantine/*", f"{a['quarantine']}/checkpoints/*"},
        "dynamodb:BatchWriteItem": {a["records"]},
        "dynamodb:PutItem": {a["log"]},
        "dynamodb:Query": {a["ledger"]},
        "dynamodb:UpdateItem": {a["ledger"]},
        "sqs:ChangeMessageVisibility": {a["queue"]},
        "sqs:DeleteMessage": {a["queue"]},
        "sqs:GetQueueAttributes": {a["queue"]},
        "sqs:ReceiveMessage": {a["queue"]},
        "sqs:SendMessage": {a["queue"], a["dead"]},
    }


KINDS = (
    "api",
    "api-user",
    "data-processor",
    "stream-processor",
    "object-sweep",
    "request-validator",
    "request-processor",
    "request-notifier",
    "process-records",
)


def test_there_are_these_roles_and_no_others(dev: Synthesized, prod: Synthesized) -> None:
    """R-A11: one per function and region, the failover role, copying only where it is on."""
    own = {
        f"serverless-{kind}-{{}}-{region}"
        for kind in KINDS
        for region in ("us-east-1", "us-west-2")
    }
    own |= {"serverless-failover-operator-{}-us-east-1", "serverless-api-logging-{}-us-east-1"}
    copying = {f"serverless-ingestion-copy-{{}}-{region}" for region in ("us-east-1", "us-west-2")}

    assert set(roles(dev)) == {name.format("dev") for name in own}
    assert set(roles(prod)) == {name.format("prod") for name in own | copying}


def test_the_processor_may_do_its_work_in_its_own_region(both: Synthesized) -> None:
    """R-A11, R-A8: read objects, claim, write, quarantine, log, receive; no wider resource."""
    for region in both.regions:
        role = both.names.role("data-processor", region)
        assert granted(both, role) == processor_grants(arns(both, region))


def test_the_direct_trigger_needs_no_other_rights(direct: Synthesized) -> None:
    """R-A11, R-D1: Lambda keeps failed events as the function's role, in its dead-letter queue."""
    for region in direct.regions:
        role = direct.names.role("data-processor", region)
        assert granted(direct, role) == processor_grants(arns(direct, region))


def test_the_stream_processor_may_read_the_stream_and_write_trail_and_table(
    both: Synthesized,
) -> None:
    """R-A11, R-A9, R-A7."""
    for region in both.regions:
        a = arns(both, region)
        stream = {f"{a['records']}/stream/*"}
        trail = {f"{a['trail']}/audit/{both.names.table('processed-data')}/*"}
        assert granted(both, both.names.role("stream-processor", region)) == {
            **TRACES,
            "logs:CreateLogStream": {a["stream-logs"]},
            "logs:PutLogEvents": {a["stream-logs"]},
            "dynamodb:DescribeStream": stream,
            "dynamodb:GetRecords": stream,
            "dynamodb:GetShardIterator": stream,
            "dynamodb:ListStreams": {"*"},
            "dynamodb:PutItem": {a["records"]},
            "s3:GetObject": trail,
            "s3:PutObject": trail | {f"{a['trail']}/aws/lambda/*"},
            "s3:ListBucket": {a["trail"]},
        }


def test_the_sweep_lists_versions_and_announces_them(both: Synthesized) -> None:
    """R-A11, R-F3: it reads no object and changes neither ledger nor table."""
    for region in both.regions:
        a = arns(both, region)
        cursor = {f"{a['quarantine']}/_pipeline/sweep.json"}
        assert granted(both, both.names.role("object-sweep", region)) == {
            **TRACES,
            "logs:CreateLogStream": {a["sweep-logs"]},
            "logs:PutLogEvents": {a["sweep-logs"]},
            "s3:ListBucketVersions": {a["ingestion"]},
            "s3:GetObject": cursor,
            "s3:PutObject": cursor,
            "s3:ListBucket": {a["quarantine"]},
            "dynamodb:BatchGetItem": {a["ledger"]},
            "dynamodb:Query": {a["ledger"]},
            "sqs:GetQueueAttributes": {a["queue"]},
            "sqs:SendMessage": {a["queue"]},
        }


def test_the_api_does_what_its_routes_are_for(both: Synthesized) -> None:
    """R-A11, R-C3: it stores requests, starts the workflow, reads; it writes no record."""
    for region in both.regions:
        a, name = arns(both, region), both.environment.environment
        place = f"{region}:{both.environment.account.id}"
        machine = f"arn:aws:states:{place}:stateMachine:serverless-process-records-{name}"
        execution = machine.replace(":stateMachine:", ":execution:")
        assert granted(both, both.names.role("api", region)) == {
            **TRACES,
            "logs:CreateLogStream": {a["api-logs"]},
            "logs:PutLogEvents": {a["api-logs"]},
            "s3:ListBucket": {a["ingestion"]},
            "s3:PutObject": {f"{a['ingestion']}/requests/*", f"{a['ingestion']}/*api-uploads/*"},
            "dynamodb:Query": {a["records"], f"{a['records']}/index/status-index", a["ledger"]},
            "dynamodb:UpdateItem": {a["ledger"]},
            "states:DescribeStateMachine": {machine},
            "states:StartExecution": {machine},
            "states:DescribeExecution": {
                f"{execution.replace(region, each)}:*" for each in both.regions
            },
            "secretsmanager:GetSecretValue": {
                f"arn:aws:secretsmanager:{place}:secret:serverless-pipeline-{name}-??????"
            },
            "sqs:GetQueueAttributes": {a["dead"]},
        }


def test_the_steps_of_the_workflow_do_what_they_are_for(both: Synthesized) -> None:
    """R-A11, R-E3: one reads, one does what the processor does, one publishes."""
    for region in both.regions:
        a = arns(both, region)
        requests = {f"{a['ingestion']}/requests/*"}
        assert granted(both, both.names.role("request-validator", region)) == {
            **TRACES,
            "logs:CreateLogStream": {a["request-validator-logs"]},
            "logs:PutLogEvents": {a["request-validator-logs"]},
            "s3:GetObjectVersion": requests,
            "s3:ListBucket": {a["ingestion"]},
            "dynamodb:UpdateItem": {a["ledger"]},
        }
        receiving = {"ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes"}
        not_needed = {f"sqs:{action}" for action in (*receiving, "ReceiveMessage")}
        as_the_processor = {
            action: resources
            for action, resources in processor_grants(a).items()
            if action not in not_needed
        }
        assert granted(both, both.names.role("request-processor", region)) == {
            **as_the_processor,
            "logs:CreateLogStream": {a["request-processor-logs"]},
            "logs:PutLogEvents": {a["request-processor-logs"]},
            "s3:GetObject": {f"{a['quarantine']}/checkpoints/*"},
            "s3:GetObjectVersion": requests,
            "sqs:SendMessage": {a["queue"]},
        }
        assert granted(both, both.names.role("request-notifier", region)) == {
            **TRACES,
            "logs:CreateLogStream": {a["request-notifier-logs"]},
            "logs:PutLogEvents": {a["request-notifier-logs"]},
            "sns:Publish": {a["topic"]},
            "dynamodb:Query": {a["ledger"]},
            "dynamodb:UpdateItem": {a["ledger"]},
        }


def test_the_workflow_calls_its_steps_and_records_failures(both: Synthesized) -> None:
    """R-A11, R-E4: the aliases of three functions, and the ledger."""
    for region in both.regions:
        steps = ("request-validator", "request-processor", "request-notifier")
        account, name = both.environment.account.id, both.environment.environment
        functions = f"arn:aws:lambda:{region}:{account}:function:serverless-{{}}-{name}:live"
        assert granted(both, both.names.role("process-records", region)) == {
            **DELIVERS,
            "lambda:InvokeFunction": {functions.format(step) for step in steps},
            "dynamodb:UpdateItem": {arns(both, region)["ledger"]},
        }


def test_functions_that_are_not_traced_may_send_no_traces(variation: Variation) -> None:
    """R-A11, R-E3: the actions follow the switch."""
    untraced = variation("dev", functions={"tracing": False})
    for name in roles(untraced):
        assert not granted(untraced, name).keys() & TRACES.keys()


def test_copying_reads_one_bucket_and_writes_the_other(prod: Synthesized) -> None:
    """R-A11, R-A2: the source's versions and tags, the target's copies."""
    for region in prod.regions:
        (other,) = {*prod.regions} - {region}
        source, target = arns(prod, region)["ingestion"], arns(prod, other)["ingestion"]
        assert granted(prod, prod.names.role("ingestion-copy", region)) == {
            "s3:GetReplicationConfiguration": {source},
            "s3:ListBucket": {source},
            "s3:GetObjectVersionAcl": {f"{source}/*"},
            "s3:GetObjectVersionForReplication": {f"{source}/*"},
            "s3:GetObjectVersionTagging": {f"{source}/*"},
            "s3:ReplicateObject": {f"{target}/*"},
            "s3:ReplicateTags": {f"{target}/*"},
        }


def test_the_failover_role_announces_objects_in_both_regions(both: Synthesized) -> None:
    """R-A11, R-A10: it reads ledgers and lists objects; it changes no data."""
    first, second = (arns(both, region) for region in both.regions)
    assert granted(both, both.names.role("failover-operator", both.regions[0])) == {
        "dynamodb:GetItem": {first["ledger"], second["ledger"]},
        "dynamodb:Query": {first["ledger"], second["ledger"]},
        "s3:ListBucket": {first["ingestion"], second["ingestion"]},
        "s3:ListBucketVersions": {first["ingestion"], second["ingestion"]},
        "sqs:GetQueueUrl": {first["queue"], second["queue"]},
        "sqs:SendMessage": {first["queue"], second["queue"]},
    }


def test_api_gateways_role_writes_logs_in_both_regions(both: Synthesized) -> None:
    """R-C4, R-A11: the seven actions that API Gateway asks for, on this account's log groups."""
    account = both.environment.account.id
    grants = granted(both, both.names.role("api-logging", both.regions[0]))
    assert {action.partition(":")[0] for action in grants} == {"logs"}
    assert len(grants) == 7
    groups = {f"arn:aws:logs:{region}:{account}:log-group:*" for region in both.regions}
    assert all(resources == groups for resources in grants.values())


TRUSTED = {
    "api": {"Service": "lambda.amazonaws.com"},
    "data-processor": {"Service": "lambda.amazonaws.com"},
    "stream-processor": {"Service": "lambda.amazonaws.com"},
    "object-sweep": {"Service": "lambda.amazonaws.com"},
    "request-validator": {"Service": "lambda.amazonaws.com"},
    "request-processor": {"Service": "lambda.amazonaws.com"},
    "request-notifier": {"Service": "lambda.amazonaws.com"},
    "process-records": {"Service": "states.amazonaws.com"},
    "ingestion-copy": {"Service": "s3.amazonaws.com"},
    "api-logging": {"Service": "apigateway.amazonaws.com"},
    "failover-operator": {"AWS": "arn:aws:iam::777788889999:root"},
}


@pytest.mark.parametrize("kind", TRUSTED)
def test_a_role_is_assumed_by_whom_it_is_for(prod: Synthesized, kind: str) -> None:
    """R-A11: one service each; the failover role by people of this account."""
    found = [role for name, role in roles(prod).items() if f"-{kind}-prod-" in name]
    assert found
    for role in found:
        (statement,) = role.policy("assume_role_policy")
        assert statement["Effect"] == "Allow"
        assert statement["Action"] == "sts:AssumeRole"
        assert statement["Principal"] == TRUSTED[kind]
        assert not role.get("max_session_duration")


def policies(synthesized: Synthesized) -> Iterator[tuple[Resource, str, list[dict[str, Any]]]]:
    """Every policy document of every stack: of roles, buckets, queues and keys."""
    for resource in synthesized.every_resource():
        for argument, value in resource.arguments.items():
            if isinstance(value, str) and '"Statement":' in value:
                yield resource, argument, resource.policy(argument)


@pytest.fixture(scope="module", params=["dev", "prod", "s3", "european"])
def each(
    request: pytest.FixtureRequest,
    dev: Synthesized,
    prod: Synthesized,
    direct: Synthesized,
    european: Synthesized,
) -> Synthesized:
    """Both environments, the other trigger, other regions."""
    known = {"dev": dev, "prod": prod, "s3": direct, "european": european}
    return known[str(request.param)]


def test_every_resource_of_a_role_is_named(each: Synthesized) -> None:
    """R-A11: `*` only where AWS has no resource level, which the table above names."""
    star = {
        action
        for name in roles(each)
        for action, resources in granted(each, name).items()
        if "*" in resources
    }
    assert star == WITHOUT_RESOURCE_LEVEL


def test_no_role_is_granted_actions_by_wildcard(each: Synthesized) -> None:
    """R-A11: each action by its whole name."""
    for name in roles(each):
        for action in granted(each, name):
            assert "*" not in action, f"{name} may {action}"


def test_no_role_may_change_roles_or_assume_others(each: Synthesized) -> None:
    """R-A11: no way from one of these roles to more rights."""
    for name in roles(each):
        actions = granted(each, name).keys() - {"lambda:InvokeFunction"}
        services = {action.partition(":")[0] for action in actions}
        assert not services & {"iam", "sts", "kms", "lambda", "organizations"}


def test_roles_of_a_region_reach_into_no_other_region(each: Synthesized) -> None:
    """R-A10, R-A11: what runs in a region works with that region alone.

    But the API asks for the executions of both, since it answers for the requests of both; what it
    is not told it does not need.
    """
    for region in each.regions:
        (other,) = {*each.regions} - {region}
        for kind in KINDS:
            role = each.names.role(kind, region)
            own = [
                statement
                for statement in statements(each, role)
                if statement["Action"] != "states:DescribeExecution"
            ]
            assert other not in json.dumps(own)


def test_policies_are_well_formed_and_small_enough(each: Synthesized) -> None:
    """R-A11: sids are letters and digits and unique in a policy; sizes are IAM's quotas."""
    longest = {"aws_iam_role_policy": 10_240, "aws_iam_role": 2048, "aws_s3_bucket_policy": 20_480}
    seen = 0
    for resource, argument, found in policies(each):
        seen += 1
        sids = [statement["Sid"] for statement in found]
        assert len(set(sids)) == len(sids)
        assert all(sid.isalnum() and sid.isascii() for sid in sids)
        assert len(resource[argument]) <= longest.get(resource.kind, 32_768)
        for statement in found:
            assert statement["Effect"] in {"Allow", "Deny"}
            has_principal = "Principal" in statement
            assert has_principal == (resource.kind != "aws_iam_role_policy")
            actions = listed(statement["Action"])
            assert len(set(actions)) == len(actions) > 0
    assert seen > 10


def test_only_denials_and_the_key_are_for_everybody(each: Synthesized) -> None:
    """R-A11, R-A13: an open principal allows nothing without the account as a condition."""
    for resource, _, found in policies(each):
        for statement in found:
            principal = statement.get("Principal")
            if principal in ("*", {"AWS": "*"}) and statement["Effect"] == "Allow":
                assert resource.kind in {"aws_kms_key", "aws_kms_replica_key"}
                condition = statement["Condition"]["StringEquals"]
                assert condition["kms:CallerAccount"] == each.environment.account.id
