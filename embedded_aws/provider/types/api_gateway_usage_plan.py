"""``aws_api_gateway_usage_plan``, ``_api_key`` and ``_usage_plan_key``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import block, changed, given
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.api_gateway_rest_api import ABSENT, escaped, replace, retag
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

_DATE = "%Y-%m-%dT%H:%M:%SZ"


def _arn(aws: AwsSession, kind: str, identifier: str) -> str:
    return f"arn:{aws.partition}:apigateway:{aws.region}::/{kind}/{identifier}"


def _throttle(limits: State) -> dict[str, Any]:
    return given(
        burstLimit=int(limits.get("burst_limit") or 0), rateLimit=float(limits["rate_limit"] or 0)
    )


def _quota(plan: State) -> dict[str, Any]:
    wanted = block(plan, "quota_settings")
    if not wanted:
        return {}
    return given(
        limit=int(wanted["limit"]), offset=int(wanted["offset"] or 0), period=wanted["period"]
    )


@resource
class ApiGatewayUsagePlan(ResourceType):
    """Who may send how much to which stages."""

    type_name = "aws_api_gateway_usage_plan"
    defaults: ClassVar = {
        "quota_settings.offset": 0,
        "throttle_settings.burst_limit": 0,
        "throttle_settings.rate_limit": 0,
        "api_stages.throttle.burst_limit": 0,
        "api_stages.throttle.rate_limit": 0,
    }
    enums: ClassVar = {"quota_settings.period": ("apigateway", "QuotaPeriodType")}
    absent = ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the plan."""
        throttle = block(planned, "throttle_settings")
        created = aws.client("apigateway").create_usage_plan(
            name=planned["name"],
            **given(
                apiStages=[_stage(each) for each in planned["api_stages"] or []],
                description=planned["description"],
                quota=_quota(planned),
                tags=planned["tags_all"],
                throttle=_throttle(throttle) if throttle else None,
            ),
        )
        return {"id": created["id"]}

    def complete(self, aws: AwsSession, planned: State) -> None:
        """Set the product code, which the creation does not take."""
        if planned["product_code"]:
            _patch(
                aws, planned, [{**replace("/productCode", planned["product_code"]), "op": "add"}]
            )

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the plan."""
        plan = aws.client("apigateway").get_usage_plan(usagePlanId=state["id"])
        quota, throttle = plan.get("quota"), plan.get("throttle")
        return {
            "api_stages": [
                {
                    "api_id": each["apiId"],
                    "stage": each["stage"],
                    "throttle": [
                        {"path": path, **_read_throttle(limits)}
                        for path, limits in (each.get("throttle") or {}).items()
                    ],
                }
                for each in plan.get("apiStages") or []
            ],
            "arn": _arn(aws, "usageplans", plan["id"]),
            "description": text(state, "description", plan.get("description")),
            "name": plan["name"],
            "product_code": text(state, "product_code", plan.get("productCode")),
            "quota_settings": [
                {
                    "limit": int(quota["limit"]),
                    "offset": int(quota.get("offset") or 0),
                    "period": quota["period"],
                }
            ]
            if quota
            else [],
            "tags_all": plan.get("tags") or {},
            "throttle_settings": [_read_throttle(throttle)] if throttle else [],
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Change what differs."""
        patches = [
            replace(path, planned[name] or "")
            for name, path in (("name", "/name"), ("description", "/description"))
            if changed(prior, planned, name)
        ]
        if changed(prior, planned, "product_code"):
            code = planned["product_code"]
            patches.append(
                replace("/productCode", code) if code else {"op": "remove", "path": "/productCode"}
            )
        if changed(prior, planned, "throttle_settings"):
            throttle = block(planned, "throttle_settings")
            patches += _limits("/throttle", _throttle(throttle) if throttle else {})
        if changed(prior, planned, "quota_settings"):
            patches += _limits("/quota", _quota(planned))
        if changed(prior, planned, "api_stages"):
            patches += _stage_patches("remove", prior) + _stage_patches("add", planned)
        _patch(aws, prior, patches)
        if changed(prior, planned, "tags_all"):
            arn = _arn(aws, "usageplans", prior["id"])
            retag(aws.client("apigateway"), arn, prior, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Take the stages out of the plan, and delete it."""
        _patch(aws, state, _stage_patches("remove", state))
        aws.client("apigateway").delete_usage_plan(usagePlanId=state["id"])


def _stage(each: State) -> dict[str, Any]:
    throttle = {one["path"]: _throttle(one) for one in each["throttle"] or []}
    return given(apiId=each["api_id"], stage=each["stage"], throttle=throttle)


def _stage_patches(operation: str, plan: State) -> list[dict[str, str]]:
    patches = []
    for each in plan["api_stages"] or []:
        name = f"{each['api_id']}:{each['stage']}"
        patches.append({"op": operation, "path": "/apiStages", "value": name})
        for one in (each["throttle"] or []) if operation == "add" else []:
            path, _, verb = one["path"].rpartition("/")
            place = f"/apiStages/{name}/throttle/{escaped(path)}/{verb}"
            patches += [
                replace(f"{place}/{member}", value) for member, value in _throttle(one).items()
            ]
    return patches


def _limits(path: str, wanted: dict[str, Any]) -> list[dict[str, str]]:
    if not wanted:
        return [{"op": "remove", "path": path}]
    return [replace(f"{path}/{name}", value) for name, value in wanted.items()]


def _read_throttle(limits: dict[str, Any]) -> State:
    return {
        "burst_limit": int(limits.get("burstLimit") or 0),
        "rate_limit": float(limits.get("rateLimit") or 0),
    }


def _patch(aws: AwsSession, plan: State, patches: list[dict[str, str]]) -> None:
    if patches:
        aws.client("apigateway").update_usage_plan(usagePlanId=plan["id"], patchOperations=patches)


@resource
class ApiGatewayApiKey(ResourceType):
    """A key by which clients are told apart."""

    type_name = "aws_api_gateway_api_key"
    replace = frozenset({"value"})
    defaults: ClassVar = {"description": "Managed by Terraform", "enabled": True}
    absent = ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the key, with a given value or one of AWS's."""
        created = aws.client("apigateway").create_api_key(
            name=planned["name"],
            enabled=bool(planned["enabled"]),
            **given(
                customerId=planned["customer_id"],
                description=planned["description"],
                tags=planned["tags_all"],
                value=planned["value"],
            ),
        )
        return {"id": created["id"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the key with its value."""
        key = aws.client("apigateway").get_api_key(apiKey=state["id"], includeValue=True)
        return {
            "arn": _arn(aws, "apikeys", key["id"]),
            "created_date": key["createdDate"].strftime(_DATE),
            "customer_id": text(state, "customer_id", key.get("customerId")),
            "description": key.get("description") or "",
            "enabled": bool(key.get("enabled")),
            "last_updated_date": key["lastUpdatedDate"].strftime(_DATE),
            "name": key["name"],
            "tags_all": key.get("tags") or {},
            "value": key["value"],
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Change all but the value."""
        client = aws.client("apigateway")
        patches = [
            replace(path, "" if planned[name] is None else planned[name])
            for name, path in (
                ("customer_id", "/customerId"),
                ("description", "/description"),
                ("enabled", "/enabled"),
                ("name", "/name"),
            )
            if changed(prior, planned, name)
        ]
        if patches:
            client.update_api_key(apiKey=prior["id"], patchOperations=patches)
        if changed(prior, planned, "tags_all"):
            retag(client, _arn(aws, "apikeys", prior["id"]), prior, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the key."""
        aws.client("apigateway").delete_api_key(apiKey=state["id"])


@resource
class ApiGatewayUsagePlanKey(ResourceType):
    """A key in a plan; its id is that of the key."""

    type_name = "aws_api_gateway_usage_plan_key"
    replace = frozenset({"key_id", "key_type", "usage_plan_id"})
    absent = ABSENT

    def create(self, aws: AwsSession, planned: State) -> State:
        """Put the key into the plan."""
        created = aws.client("apigateway").create_usage_plan_key(
            usagePlanId=planned["usage_plan_id"],
            keyId=planned["key_id"],
            keyType=planned["key_type"],
        )
        return {"id": created["id"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the key of the plan."""
        key = aws.client("apigateway").get_usage_plan_key(
            usagePlanId=state["usage_plan_id"], keyId=state["id"]
        )
        return {
            "key_id": key["id"],
            "key_type": key.get("type") or "API_KEY",
            "name": key.get("name"),
            "value": key.get("value"),
        }

    def delete(self, aws: AwsSession, state: State) -> None:
        """Take the key out of the plan."""
        aws.client("apigateway").delete_usage_plan_key(
            usagePlanId=state["usage_plan_id"], keyId=state["id"]
        )

    def import_state(self, aws: AwsSession, identifier: str) -> State:
        """Take ``<plan id>/<key id>``."""
        del aws
        plan, _, key = identifier.partition("/")
        return {"id": key, "usage_plan_id": plan, "key_id": key}
