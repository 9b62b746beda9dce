"""The API calls by which Terraform's AWS provider makes a resource, as far as values matter.

Terraform checks names and types of arguments, and not their values. The service models that
botocore ships know enumerations, lengths, ranges and patterns.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from tests.pipeline.stacks.synthesized import Resource

Arguments = Mapping[str, Any]
Call = tuple[str, str, dict[str, Any]]

_SESSION = botocore.session.get_session()
_SAMPLES = {
    "aws_lambda_alias": "arn:aws:lambda:us-east-1:111122223333:function:x:live",
    "aws_lambda_function": "arn:aws:lambda:us-east-1:111122223333:function:x",
    "aws_lambda_layer_version": "arn:aws:lambda:us-east-1:111122223333:layer:x:1",
    "aws_api_gateway_rest_api": "arn:aws:execute-api:us-east-1:111122223333:abcdef1234",
    "aws_cloudwatch_event_rule": "arn:aws:events:us-east-1:111122223333:rule/x",
    "aws_cloudwatch_log_group": "arn:aws:logs:us-east-1:111122223333:log-group:x",
    "aws_sfn_state_machine": "arn:aws:states:us-east-1:111122223333:stateMachine:x:1",
    "aws_sns_topic": "arn:aws:sns:us-east-1:111122223333:x",
    "aws_sqs_queue": "arn:aws:sqs:us-east-1:111122223333:x",
    "aws_iam_role": "arn:aws:iam::111122223333:role/x",
    "aws_kms_key": "arn:aws:kms:us-east-1:111122223333:key/mrk-0123456789abcdef0123456789abcdef",
    "data.aws_dynamodb_table": (
        "arn:aws:dynamodb:us-east-1:111122223333:table/x/stream/2026-01-01T00:00:00.000"
    ),
}
_SAMPLES["aws_kms_replica_key"] = _SAMPLES["aws_kms_key"]
_REFERENCE = re.compile(r"\$\{((?:data\.)?aws_\w+)\.[^.}]+\.(\w+)\}")


def _function(a: Arguments) -> Iterator[Call]:
    code = {key: a[key] for key in ("s3_bucket", "s3_key", "s3_object_version")}
    left_out = {"source_code_hash", *code}
    rest = {key: value for key, value in a.items() if key not in left_out}
    yield "lambda", "CreateFunction", {**rest, "code": code}


def _layer(a: Arguments) -> Iterator[Call]:
    code = {key: a[key] for key in ("s3_bucket", "s3_key", "s3_object_version")}
    left_out = {"source_code_hash", *code}
    rest = {key: value for key, value in a.items() if key not in left_out}
    yield "lambda", "PublishLayerVersion", {**rest, "content": code}


def _mapping(a: Arguments) -> Iterator[Call]:
    rest = dict(a)
    if "destination_config" in a:
        kept = {"destination": a["destination_config"]["on_failure"]["destination_arn"]}
        rest["destination_config"] = {"on_failure": kept}
    yield "lambda", "CreateEventSourceMapping", rest


def _table(a: Arguments) -> Iterator[Call]:
    name = {"table_name": a["name"]}
    attributes = [
        {"attribute_name": each["name"], "attribute_type": each["type"]} for each in a["attribute"]
    ]
    indexes = [
        {
            "index_name": each["name"],
            "key_schema": _key_schema(each),
            "projection": {"projection_type": each["projection_type"]},
        }
        for each in a.get("global_secondary_index", [])
    ]
    stream = {"stream_enabled": True, "stream_view_type": a.get("stream_view_type")}
    yield (
        "dynamodb",
        "CreateTable",
        {
            **name,
            "billing_mode": a["billing_mode"],
            "key_schema": _key_schema(a),
            "attribute_definitions": attributes,
            "deletion_protection_enabled": a["deletion_protection_enabled"],
            **({"global_secondary_indexes": indexes} if indexes else {}),
            **({"stream_specification": stream} if a.get("stream_enabled") else {}),
        },
    )
    if "ttl" in a:
        yield "dynamodb", "UpdateTimeToLive", {**name, "time_to_live_specification": a["ttl"]}
    for replica in a.get("replica", []):
        create = {"region_name": replica["region_name"], "kms_master_key_id": "alias/x"}
        yield "dynamodb", "UpdateTable", {**name, "replica_updates": [{"create": create}]}


def _key_schema(a: Arguments) -> list[dict[str, str]]:
    return [
        {"attribute_name": a["hash_key"], "key_type": "HASH"},
        {"attribute_name": a["range_key"], "key_type": "RANGE"},
    ]


def _queue(a: Arguments) -> Iterator[Call]:
    yield "sqs", "CreateQueue", {"queue_name": a["name"]}


def _rule(a: Arguments) -> Iterator[Call]:
    yield "events", "PutRule", dict(a)


def _target(a: Arguments) -> Iterator[Call]:
    rest = {key: value for key, value in a.items() if key not in ("rule", "target_id")}
    yield "events", "PutTargets", {"rule": "x", "targets": [{"id": a["target_id"], **rest}]}


def _log_group(a: Arguments) -> Iterator[Call]:
    group = {"log_group_name": a["name"]}
    yield "logs", "CreateLogGroup", group
    yield "logs", "PutRetentionPolicy", {**group, "retention_in_days": a["retention_in_days"]}


def _role(a: Arguments) -> Iterator[Call]:
    document = a["assume_role_policy"]
    rest = {"role_name": a["name"], "description": a["description"]}
    yield "iam", "CreateRole", {**rest, "assume_role_policy_document": document}


def _role_policy(a: Arguments) -> Iterator[Call]:
    names = {"role_name": "x", "policy_name": a["name"]}
    yield "iam", "PutRolePolicy", {**names, "policy_document": a["policy"]}


def _key(a: Arguments) -> Iterator[Call]:
    rest = {name: a[name] for name in ("description", "policy", "multi_region") if name in a}
    yield "kms", "CreateKey", rest
    window = a["deletion_window_in_days"]
    yield "kms", "ScheduleKeyDeletion", {"key_id": "x", "pending_window_in_days": window}


def _alias(a: Arguments) -> Iterator[Call]:
    yield "kms", "CreateAlias", {"alias_name": a["name"], "target_key_id": a["target_key_id"]}


def _invoke_config(a: Arguments) -> Iterator[Call]:
    yield "lambda", "PutFunctionEventInvokeConfig", dict(a)


def _permission(a: Arguments) -> Iterator[Call]:
    yield "lambda", "AddPermission", dict(a)


def _live(a: Arguments) -> Iterator[Call]:
    yield "lambda", "CreateAlias", {**a, "function_version": "1"}


def _recursion(a: Arguments) -> Iterator[Call]:
    yield "lambda", "PutFunctionRecursionConfig", dict(a)


def _lifecycle(a: Arguments) -> Iterator[Call]:
    rules = [
        {name: value for name, value in rule.items() if name != "transition"}
        | {"transitions": rule.get("transition", [])}
        for rule in a["rule"]
    ]
    body = {"bucket": "x", "lifecycle_configuration": {"rules": rules}}
    yield "s3", "PutBucketLifecycleConfiguration", body


def _versioning(a: Arguments) -> Iterator[Call]:
    yield "s3", "PutBucketVersioning", dict(a)


def _bucket_encryption(a: Arguments) -> Iterator[Call]:
    default = a["rule"][0]["apply_server_side_encryption_by_default"]["sse_algorithm"]
    rules = [{"apply_server_side_encryption_by_default": {"sse_algorithm": default}}]
    configuration = {"server_side_encryption_configuration": {"rules": rules}}
    yield "s3", "PutBucketEncryption", {"bucket": "x", **configuration}


def _ownership(a: Arguments) -> Iterator[Call]:
    controls = {"ownership_controls": {"rules": [a["rule"]]}}
    yield "s3", "PutBucketOwnershipControls", {"bucket": "x", **controls}


def _replication(a: Arguments) -> Iterator[Call]:
    configuration = {"role": a["role"], "rules": a["rule"]}
    yield "s3", "PutBucketReplication", {"bucket": "x", "replication_configuration": configuration}


def _notification(a: Arguments) -> Iterator[Call]:
    entries = [
        {
            "id": each["id"],
            "lambda_function_arn": each["lambda_function_arn"],
            "events": each["events"],
            "filter": {
                "key": {
                    "filter_rules": [
                        {"name": "prefix", "value": each["filter_prefix"]},
                        {"name": "suffix", "value": each["filter_suffix"]},
                    ]
                }
            },
        }
        for each in a.get("lambda_function", [])
    ]
    configuration = {"lambda_function_configurations": entries}
    body = {"bucket": a["bucket"], "notification_configuration": configuration}
    yield "s3", "PutBucketNotificationConfiguration", body


def _dashboard(a: Arguments) -> Iterator[Call]:
    yield "cloudwatch", "PutDashboard", dict(a)


def _topic(a: Arguments) -> Iterator[Call]:
    attributes = {"KmsMasterKeyId": a["kms_master_key_id"], "Policy": a["policy"]}
    yield "sns", "CreateTopic", {"name": a["name"], "attributes": attributes}


def _started(a: Arguments) -> Iterator[Call]:
    rest = {name: a[name] for name in ("name", "description", "routing_configuration")}
    yield "stepfunctions", "CreateStateMachineAlias", rest


def _state_machine(a: Arguments) -> Iterator[Call]:
    logging = dict(a["logging_configuration"])
    group = {"log_group_arn": logging.pop("log_destination")}
    rest = {name: a[name] for name in ("name", "type", "role_arn", "definition")}
    yield (
        "stepfunctions",
        "CreateStateMachine",
        {
            **rest,
            "logging_configuration": {
                **logging,
                "destinations": [{"cloud_watch_logs_log_group": group}],
            },
            "tracing_configuration": a["tracing_configuration"],
        },
    )


def _secret(a: Arguments) -> Iterator[Call]:
    rest = {name: a[name] for name in ("name", "description", "kms_key_id")}
    yield "secretsmanager", "CreateSecret", {**rest, "add_replica_regions": a["replica"]}
    if a["recovery_window_in_days"]:
        days = {"recovery_window_in_days": a["recovery_window_in_days"]}
        yield "secretsmanager", "DeleteSecret", {"secret_id": "x", **days}


def _rest_api(a: Arguments) -> Iterator[Call]:
    names = ("name", "description", "policy", "endpoint_configuration")
    yield "apigateway", "CreateRestApi", {name: a[name] for name in names}


def _deployment(a: Arguments) -> Iterator[Call]:
    yield "apigateway", "CreateDeployment", {"rest_api_id": a["rest_api_id"]}


def _stage(a: Arguments) -> Iterator[Call]:
    names = ("rest_api_id", "stage_name", "deployment_id", "description")
    rest = {name: a[name] for name in names}
    tracing = {"tracing_enabled": a["xray_tracing_enabled"]}
    yield "apigateway", "CreateStage", {**rest, **tracing}


def _usage_plan(a: Arguments) -> Iterator[Call]:
    rest = {name: a[name] for name in ("name", "description", "api_stages")}
    limits = {"throttle": a["throttle_settings"], "quota": a.get("quota_settings", {})}
    yield "apigateway", "CreateUsagePlan", {**rest, **limits}


def _api_key(a: Arguments) -> Iterator[Call]:
    yield "apigateway", "CreateApiKey", dict(a)


def _usage_plan_key(a: Arguments) -> Iterator[Call]:
    yield "apigateway", "CreateUsagePlanKey", dict(a)


def _user_pool(a: Arguments) -> Iterator[Call]:
    moved = {"name", "password_policy", "account_recovery_setting"}
    mfa = {"mfa_configuration", "software_token_mfa_configuration"}
    rest = {name: value for name, value in a.items() if name not in moved | mfa}
    mechanisms = a["account_recovery_setting"]["recovery_mechanism"]
    yield (
        "cognito-idp",
        "CreateUserPool",
        {
            **rest,
            "pool_name": a["name"],
            "policies": {"password_policy": a["password_policy"]},
            "account_recovery_setting": {"recovery_mechanisms": mechanisms},
        },
    )
    pool = {"user_pool_id": "us-east-1_x"}
    chosen = {name: a[name] for name in mfa if name in a}
    yield "cognito-idp", "SetUserPoolMfaConfig", {**pool, **chosen}


def _user_pool_client(a: Arguments) -> Iterator[Call]:
    rest = {name: value for name, value in a.items() if name not in ("name", "user_pool_id")}
    names = {"client_name": a["name"], "user_pool_id": "us-east-1_x"}
    yield "cognito-idp", "CreateUserPoolClient", {**rest, **names}


def _identity_pool(a: Arguments) -> Iterator[Call]:
    yield "cognito-identity", "CreateIdentityPool", dict(a)


def _metric_alarm(a: Arguments) -> Iterator[Call]:
    metrics = [
        {
            **{name: query[name] for name in ("id", "expression", "label") if name in query},
            **({"metric_stat": _metric_stat(query["metric"])} if "metric" in query else {}),
        }
        for query in a.get("metric_query", [])
    ]
    rest = {name: a[name] for name in a if name not in ("dimensions", "metric_query")}
    if metrics:
        rest["metrics"] = metrics
    if "dimensions" in a:
        rest["dimensions"] = _dimensions(a["dimensions"])
    yield "cloudwatch", "PutMetricAlarm", rest


def _metric_stat(metric: Any) -> dict[str, Any]:
    names = {name: metric[name] for name in ("namespace", "metric_name")}
    dimensions = _dimensions(metric.get("dimensions") or {})
    return {
        "metric": {**names, "dimensions": dimensions},
        "period": metric["period"],
        "stat": metric["stat"],
    }


def _dimensions(dimensions: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in dimensions.items()]


def _composite_alarm(a: Arguments) -> Iterator[Call]:
    yield "cloudwatch", "PutCompositeAlarm", dict(a)


CALLS: dict[str, Callable[[Arguments], Iterator[Call]]] = {
    "aws_api_gateway_api_key": _api_key,
    "aws_api_gateway_deployment": _deployment,
    "aws_api_gateway_rest_api": _rest_api,
    "aws_api_gateway_stage": _stage,
    "aws_api_gateway_usage_plan": _usage_plan,
    "aws_api_gateway_usage_plan_key": _usage_plan_key,
    "aws_cloudwatch_composite_alarm": _composite_alarm,
    "aws_cloudwatch_dashboard": _dashboard,
    "aws_cloudwatch_event_rule": _rule,
    "aws_cloudwatch_event_target": _target,
    "aws_cloudwatch_log_group": _log_group,
    "aws_cloudwatch_metric_alarm": _metric_alarm,
    "aws_cognito_identity_pool": _identity_pool,
    "aws_cognito_user_pool": _user_pool,
    "aws_cognito_user_pool_client": _user_pool_client,
    "aws_dynamodb_table": _table,
    "aws_iam_role": _role,
    "aws_iam_role_policy": _role_policy,
    "aws_kms_alias": _alias,
    "aws_kms_key": _key,
    "aws_kms_replica_key": _key,
    "aws_lambda_alias": _live,
    "aws_lambda_event_source_mapping": _mapping,
    "aws_lambda_function": _function,
    "aws_lambda_function_event_invoke_config": _invoke_config,
    "aws_lambda_function_recursion_config": _recursion,
    "aws_lambda_layer_version": _layer,
    "aws_lambda_permission": _permission,
    "aws_s3_bucket_lifecycle_configuration": _lifecycle,
    "aws_s3_bucket_notification": _notification,
    "aws_s3_bucket_ownership_controls": _ownership,
    "aws_s3_bucket_replication_configuration": _replication,
    "aws_s3_bucket_server_side_encryption_configuration": _bucket_encryption,
    "aws_s3_bucket_versioning": _versioning,
    "aws_secretsmanager_secret": _secret,
    "aws_sfn_alias": _started,
    "aws_sfn_state_machine": _state_machine,
    "aws_sns_topic": _topic,
    "aws_sqs_queue": _queue,
}


def violations(resource: Resource) -> list[str]:
    """What AWS's own model of a resource's API calls would refuse."""
    arguments = {
        key: _resolved(value)
        for key, value in resource.arguments.items()
        if key not in ("depends_on", "provider", "lifecycle")
    }
    found = []
    for service, operation, body in CALLS[resource.kind](arguments):
        model = _SESSION.get_service_model(service).operation_model(operation)
        request = _request(model.input_shape, body)
        report = ParamValidator().validate(request, model.input_shape)
        where = f"{resource.address}: {operation}"
        if report.has_errors():
            found.append(f"{where}: {report.generate_report()}")
        found += [f"{where}: {each}" for each in _violations(model.input_shape, request, "")]
    return found


def _resolved(value: Any) -> Any:
    """The value with something of the right form where Terraform puts what AWS returned."""
    if isinstance(value, Mapping):
        return {key: _resolved(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_resolved(each) for each in value]
    if not isinstance(value, str):
        return value

    def sample(match: re.Match[str]) -> str:
        return _SAMPLES[match[1]] if match[2].endswith("arn") else "x"

    return _REFERENCE.sub(sample, value)


def _request(shape: Any, value: Any) -> Any:
    """The value with the API's own member names, found by the shape it has to have."""
    if shape.type_name == "structure":
        value = value[0] if isinstance(value, list) else value
        members = {_plain(name): name for name in shape.members}
        unknown = [key for key in value if _plain(key) not in members]
        assert not unknown, f"{shape.name} has no {unknown}"
        names = {key: members[_plain(key)] for key in value}
        return {names[k]: _request(shape.members[names[k]], v) for k, v in value.items()}
    if shape.type_name == "list":
        return [_request(shape.member, each) for each in value]
    return value


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _violations(shape: Any, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        for name, each in value.items():
            yield from _violations(shape.members[name], each, f"{path}.{name}")
    elif shape.type_name == "list":
        for each in value:
            yield from _violations(shape.member, each, f"{path}[]")
    elif shape.type_name == "map":
        for key, each in value.items():
            yield from _violations(shape.key, key, f"{path} key {key}")
            yield from _violations(shape.value, each, f"{path}[{key}]")
    else:
        yield from _scalar_violations(shape, value, path)
    if shape.type_name in ("string", "list", "map"):
        yield from _outside(shape, len(value), f"{path} has a length of")


def _scalar_violations(shape: Any, value: Any, path: str) -> Iterator[str]:
    if shape.type_name in ("integer", "long"):
        yield from _outside(shape, value, f"{path} is")
    if shape.type_name != "string":
        return
    allowed, pattern = getattr(shape, "enum", []), shape.metadata.get("pattern")
    if allowed and value not in allowed:
        yield f"{path} is {value!r}, allowed are {allowed}"
    if pattern and not re.fullmatch(_python(pattern), value):
        yield f"{path} is {json.dumps(value)[:80]}, which is not {pattern}"


def _outside(shape: Any, number: int, what: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is not None and number < least) or (most is not None and number > most):
        yield f"{what} {number}, allowed are {least} to {most}"


def _python(pattern: str) -> str:
    """The pattern in Python's dialect: the models are written for Java."""
    return (
        pattern.replace("\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}", "\\S")
        .replace("\\p{L}", "[^\\W\\d_]")
        .replace("\\p{Z}", "\\s")
        .replace("\\p{S}\\p{N}\\p{P}", "\\S")
        .replace(
            "\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF", "\\u0020-\\U0010FFFF"
        )
    )
