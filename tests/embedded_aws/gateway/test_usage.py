"""R-E5: API keys, usage plans, quotas and throttling."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from embedded_aws.gateway import usage
from tests.embedded_aws.functions.making import unique
from tests.embedded_aws.gateway.apis import STAGE, Answer, Api, document, make_api, mock

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

KEYED = {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}


@pytest.fixture
def api(aws: EmbeddedAws) -> Api:
    """An API of which /x wants a key, and /health does not."""
    paths = {
        "/x": {"get": mock(security=[{"key": []}])},
        "/x/{id}": {"get": mock(security=[{"key": []}])},
        "/health": {"get": mock()},
    }
    return make_api(aws, document(paths, components={"securitySchemes": KEYED}))


def make_key(api: Api, stage: str = STAGE, **plan: Any) -> tuple[str, str]:
    """Return the value of a new key in a new plan, and the plan's id."""
    client, value = api.client, unique("value-of-a-new-key")
    key = client.create_api_key(name=unique("key"), value=value, enabled=True)["id"]
    throttle = plan.pop("stage_throttle", {})
    stages = [{"apiId": api.id, "stage": stage, "throttle": throttle}] if stage else []
    plan_id = client.create_usage_plan(name=unique("plan"), apiStages=stages, **plan)["id"]
    client.create_usage_plan_key(usagePlanId=plan_id, keyId=key, keyType="API_KEY")
    return value, plan_id


def keyed(api: Api, key: str, path: str = "/x") -> Answer:
    return api.call("GET", path, headers={"x-api-key": key})


def statuses(api: Api, key: str, times: int, path: str = "/x") -> list[int]:
    return [keyed(api, key, path).status for _ in range(times)]


def test_a_method_that_wants_a_key_refuses_without_it(api: Api) -> None:
    key, _ = make_key(api)
    elsewhere, _ = make_key(api, stage="")

    assert keyed(api, key).status == 200
    for answer in (api.call("GET", "/x"), keyed(api, "unknown"), keyed(api, elsewhere)):
        assert (answer.status, answer.json) == (403, {"message": "Forbidden"})
        assert answer.header("x-amzn-ErrorType") == "ForbiddenException"
    assert api.call("GET", "/health").status == 200


def test_a_disabled_key_is_none(api: Api) -> None:
    key, _ = make_key(api)
    held = api.client.get_api_keys(includeValues=True)["items"]
    key_id = next(each["id"] for each in held if each["value"] == key)
    change = {"op": "replace", "path": "/enabled", "value": "false"}

    api.client.update_api_key(apiKey=key_id, patchOperations=[change])

    assert keyed(api, key).status == 403


def test_a_plan_has_a_quota_for_each_key(api: Api) -> None:
    first, plan = make_key(api, quota={"limit": 3, "period": "MONTH"})
    second, _ = make_key(api, quota={"limit": 3, "offset": 2, "period": "DAY"})

    assert statuses(api, first, 4) == [200, 200, 200, 429]
    answer = keyed(api, first)
    assert answer.json == {"message": "Limit Exceeded"}
    assert answer.header("x-amzn-ErrorType") == "LimitExceededException"
    assert statuses(api, second, 2) == [200, 429]
    change = {"op": "replace", "path": "/quota/limit", "value": "4"}
    api.client.update_usage_plan(usagePlanId=plan, patchOperations=[change])
    assert statuses(api, first, 2) == [200, 429]


def test_a_plan_throttles_each_key_by_burst_and_rate(api: Api) -> None:
    first, _ = make_key(api, throttle={"burstLimit": 3, "rateLimit": 0.01})
    second, _ = make_key(api, throttle={"burstLimit": 1, "rateLimit": 0.01})

    assert statuses(api, first, 4) == [200, 200, 200, 429]
    assert statuses(api, second, 2) == [200, 429]
    answer = keyed(api, first)
    assert answer.json == {"message": "Too Many Requests"}
    assert answer.header("x-amzn-ErrorType") == "TooManyRequestsException"


def test_a_plan_throttles_one_method_by_itself(api: Api) -> None:
    limits = {"/x/{id}/GET": {"burstLimit": 1, "rateLimit": 0.01}}
    key, _ = make_key(api, stage_throttle=limits, throttle={"burstLimit": 9, "rateLimit": 0.01})

    other, _ = make_key(api, stage_throttle=limits)

    assert statuses(api, key, 3, "/x/1") == [200, 429, 429]
    assert statuses(api, other, 2, "/x/1") == [200, 429]
    assert statuses(api, key, 3) == [200, 200, 200]


def test_a_stage_throttles_methods_for_everybody(api: Api) -> None:
    api.patch("/*/*/throttling/burstLimit", "2")
    api.patch("/*/*/throttling/rateLimit", "0.01")
    api.patch("/~1health/GET/throttling/burstLimit", "1")
    api.patch("/~1health/GET/throttling/rateLimit", "0.01")
    key, _ = make_key(api)

    assert statuses(api, key, 3) == [200, 200, 429]
    assert statuses(api, key, 3, "/x/1") == [200, 200, 429]
    assert [api.call("GET", "/health").status for _ in range(2)] == [200, 429]


def test_a_bucket_fills_again_at_its_rate() -> None:
    bucket = usage.Bucket(2.0, 100.0)

    assert [bucket.take(10.0, 2.0, 100.0) for _ in range(3)] == [True, True, False]
    assert bucket.take(10.0, 2.0, 100.05) is False
    assert bucket.take(10.0, 2.0, 100.1) is True
    assert [bucket.take(10.0, 2.0, 200.0) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("period", "same", "next_one"),
    [
        ("DAY", datetime(2026, 1, 7, 23, 59, tzinfo=UTC), datetime(2026, 1, 8, tzinfo=UTC)),
        ("WEEK", datetime(2026, 1, 10, 23, 59, tzinfo=UTC), datetime(2026, 1, 11, tzinfo=UTC)),
        ("MONTH", datetime(2026, 1, 31, 23, 59, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_periods_end_in_utc(period: str, same: datetime, next_one: datetime) -> None:
    wednesday = datetime(2026, 1, 7, tzinfo=UTC)

    assert usage.period_of(period, wednesday) == usage.period_of(period, same)
    assert usage.period_of(period, wednesday) != usage.period_of(period, next_one)


def test_a_new_run_begins_with_full_buckets(api: Api) -> None:
    key, _ = make_key(api, quota={"limit": 1, "period": "MONTH"})
    assert statuses(api, key, 2) == [200, 429]

    usage.reset()

    assert keyed(api, key).status == 200
