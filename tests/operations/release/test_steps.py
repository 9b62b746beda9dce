"""R-C7: how a release shifts traffic, what makes it stop, and what it puts back."""

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from operations.errors import OperationError
from operations.release.plan import TroubleError
from tests.operations.release.conftest import (
    EAST,
    NAMES,
    ORDER,
    WEST,
    World,
    publish,
)

ALARM = NAMES.resource("alarm", "api-errors")


def test_all_functions_of_a_region_go_step_by_step_and_the_standby_goes_first(
    world: World,
) -> None:
    seen: list[tuple[str, list[float]]] = []

    def at_each_look(region: str, operation: str, _parameters: Any) -> None:
        if operation == "GetMetricData":
            now = [
                weights.get(world.green[place], float(version == world.green[place]))
                for place, (version, weights) in world.aliases().items()
                if place[0] == region
            ]
            if (region, now) not in seen:
                seen.append((region, now))

    assert world.make_release(before=at_each_look)

    assert seen == [(region, [share] * 2) for region in ORDER for share in (0.1, 0.5)]
    assert world.all_at(world.green)
    records = world.records()
    assert {each.status for each in records.values()} == {"cut over"}
    assert len({each.id for each in records.values()}) == 1


def test_what_is_in_use_already_is_not_touched(world: World) -> None:
    place = (WEST, NAMES.function("api"))
    world.aws.client("lambda", WEST).update_alias(
        FunctionName=place[1], Name="live", FunctionVersion=world.green[place]
    )
    moved = []

    def note(region: str, operation: str, parameters: dict[str, Any]) -> None:
        if operation == "UpdateAlias":
            moved.append((region, parameters["FunctionName"]))

    assert world.make_release(after=note)
    assert not world.make_release(after=note), "the second one has nothing to do"

    assert len(moved) == 3 * 3
    assert place not in moved


def test_errors_of_green_roll_every_region_back_at_once(world: World) -> None:
    """Also the region that was cut over already; no alarm had to go off."""
    world.green[EAST, NAMES.function("api")] = publish(
        world.aws, EAST, NAMES.function("api"), FAILS="1"
    )
    failed: list[str] = []

    def traffic(region: str, operation: str, _parameters: Any) -> None:
        if operation == "GetMetricData" and region == EAST and not failed:
            assert (
                world.aliases()[WEST, NAMES.function("api")][0]
                == world.green[WEST, NAMES.function("api")]
            )
            failed.extend(world.call(EAST, 12))

    with pytest.raises(TroubleError) as caught:
        world.make_release(before=traffic, percents=(90,))

    assert f"{len(failed)} of " in str(caught.value)
    assert NAMES.function("api") in str(caught.value)
    assert world.all_at(world.blue)
    assert {each.status for each in world.records().values()} == {"rolled back"}


def test_what_green_handled_counts_as_if_it_had_failed(world: World) -> None:
    """An API that answers 500, a processor that gives each object back: no error to Lambda."""
    function = NAMES.function("api")
    told = {"blue": world.blue[WEST, function], "green": world.green[WEST, function]}
    called: list[int] = []

    def handle(version: str, count: int) -> None:
        world.aws.client("cloudwatch", WEST).put_metric_data(
            Namespace=NAMES.metrics_namespace(),
            MetricData=[
                {
                    "MetricName": "HandledFailures",
                    "Dimensions": [
                        {"Name": "service", "Value": function},
                        {"Name": "version", "Value": version},
                    ],
                    "Value": count,
                }
            ],
        )

    def traffic(region: str, operation: str, _parameters: Any) -> None:
        if operation == "GetMetricData" and region == WEST and not called:
            called.append(len(world.call(WEST, 12)))
            handle(told["blue"], 100)
            handle(told["green"], 3)

    with pytest.raises(TroubleError) as caught:
        world.make_release(before=traffic, percents=(99,))

    assert re.search(
        rf"3 of \d+ invocations of {function} version {told['green']} failed", str(caught.value)
    )
    assert called == [0], "Lambda has counted no error"
    assert world.all_at(world.blue)


def test_errors_that_are_as_few_as_the_setting_allows_do_not_stop_it(world: World) -> None:
    """Four invocations are too few to judge."""
    function = NAMES.function("api")
    world.green[WEST, function] = publish(world.aws, WEST, function, FAILS="1")
    failed: list[str] = []

    def traffic(region: str, operation: str, _parameters: Any) -> None:
        if operation == "GetMetricData" and region == WEST and not failed:
            failed.extend(world.call(WEST, 4))

    assert world.make_release(before=traffic, percents=(99,))

    assert failed
    assert world.all_at(world.green)


@pytest.mark.parametrize("alarmed", ORDER)
def test_an_alarm_rolls_back_also_one_of_the_region_that_was_cut_over(
    world: World, alarmed: str
) -> None:
    def alarm(region: str, operation: str, _parameters: Any) -> None:
        if operation == "GetMetricData" and region == EAST:
            world.set_alarm(alarmed, ALARM)

    with pytest.raises(TroubleError, match=f"{alarmed}: in alarm: {ALARM}"):
        world.make_release(before=alarm)

    assert world.all_at(world.blue)
    assert "in alarm" in (world.records()[WEST].reason or "")


def test_an_alarm_that_is_on_before_keeps_it_from_beginning_unless_ignored(world: World) -> None:
    world.set_alarm(EAST, ALARM)

    with pytest.raises(OperationError, match=f"{EAST}: {ALARM}.*IGNORE="):
        world.make_release()
    assert world.all_at(world.blue)

    assert world.make_release(ignored=(ALARM,))
    assert world.all_at(world.green)


def test_alarms_of_other_environments_do_not_count(world: World) -> None:
    world.set_alarm(EAST, ALARM.replace("-staging", "-dev"))
    world.set_alarm(EAST, "somebody-elses")
    world.set_alarm(EAST, ALARM.replace("-staging", "-pre-staging"), Environment="pre-staging")
    world.set_alarm(EAST, ALARM, "INSUFFICIENT_DATA")

    assert world.make_release()


def test_calls_of_the_standby_are_no_trouble(world: World) -> None:
    """R-C6: weights lead calls to it, whatever the versions; none is kept from beginning."""
    for region in ORDER:
        world.set_alarm(region, NAMES.alarm("standby-requests"))

    assert world.make_release()

    assert world.all_at(world.green)


def test_an_unhealthy_region_is_told_in_another_one(world: World) -> None:
    """R-A10: Route 53 has its metrics in us-east-1, whose own turn comes later."""
    alarm = NAMES.alarm(f"region-failure-{WEST}")

    def fail(region: str, operation: str, _parameters: Any) -> None:
        if operation == "GetMetricData" and region == WEST:
            world.set_alarm(EAST, alarm)

    with pytest.raises(TroubleError, match=f"{WEST}: in alarm: {alarm}"):
        world.make_release(before=fail)

    assert world.all_at(world.blue)
    world.set_alarm(EAST, alarm, "OK")
    assert world.make_release(before=fail, ignored=(alarm,))


def test_an_alarm_whose_tags_may_not_be_read_counts(world: World) -> None:
    """R-C7: with the permission that is missing."""
    world.set_alarm(WEST, ALARM.replace("-staging", "-pre-staging"), Environment="pre-staging")

    def deny(_region: str, operation: str, _parameters: Any) -> None:
        if operation == "ListTagsForResource":
            raise ClientError({"Error": {"Code": "AccessDenied"}}, operation)

    with pytest.raises(OperationError, match=r"pre-staging .*cloudwatch:ListTagsForResource is"):
        world.make_release(before=deny)
    assert world.all_at(world.blue)


def test_a_new_release_begins_anew_after_a_rollback(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    def alarm(region: str, operation: str, _parameters: Any) -> None:
        if operation == "GetMetricData" and region == WEST:
            world.set_alarm(WEST, ALARM)

    with pytest.raises(TroubleError):
        world.make_release(before=alarm)
    first = world.records()[WEST].id
    world.set_alarm(WEST, ALARM, "OK")

    assert world.make_release()

    assert world.records()[WEST].id != first
    assert world.all_at(world.green)
    assert "was rolled back before" in capsys.readouterr().out


def test_an_alias_with_weights_of_unknown_origin_is_left_alone(world: World) -> None:
    place = (EAST, NAMES.function("api"))
    world.aws.client("lambda", EAST).update_alias(
        FunctionName=place[1],
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {world.green[place]: 0.2}},
    )
    before = world.aliases()

    with pytest.raises(OperationError, match=r"20 % at .*no release under way"):
        world.make_release()

    assert world.aliases() == before
