"""R-C7: what is left when a release ends in the middle, and how it goes on."""

from typing import Any

import pytest

from operations.errors import OperationError
from operations.release.plan import StoppedError
from operations.release.record import TakenOverError
from operations.release.rolling_back import undo
from operations.release.side import HOLDER, UnreachableError
from tests.operations.release.conftest import (
    EAST,
    NAMES,
    WEST,
    KilledError,
    Tap,
    World,
)

CHANGES = ("UpdateAlias", "PutObject")
SHORT = (10,)


def after_change(number: int, then: BaseException) -> Tap:
    """Raise after so many changes in AWS."""
    left = [number]

    def tap(_region: str, operation: str, _parameters: Any) -> None:
        if operation in CHANGES:
            left[0] -= 1
            if left[0] == 0:
                raise then

    return tap


def changes_of_a_release(world: World) -> int:
    seen = []
    world.make_release(after=lambda _r, operation, _p: seen.append(operation), percents=SHORT)
    assert undo(world.sides(), "staging") == []
    return len([each for each in seen if each in CHANGES])


def test_killed_after_any_change_it_is_resumed_to_its_end_and_nothing_is_repeated(
    world: World,
) -> None:
    total = changes_of_a_release(world)
    assert total == 2 + 2 * (2 * 3 + 1)
    for number in range(1, total + 1):
        with pytest.raises(KilledError):
            world.make_release(after=after_change(number, KilledError()), percents=SHORT)
        before, ids = world.aliases(), {each.id for each in world.records().values()}
        shares: dict[tuple[str, str], list[float]] = {}

        def note(region: str, operation: str, given: dict[str, Any], shares: Any = shares) -> None:
            if operation == "UpdateAlias":
                weights = given["RoutingConfig"]["AdditionalVersionWeights"]
                place = (region, given["FunctionName"])
                shares.setdefault(place, []).append(sum(weights.values()) or 1.0)

        resumed = world.make_release(after=note)

        assert resumed or number == total, f"after change {number}"
        assert world.all_at(world.green), f"after change {number}"
        records = world.records().values()
        assert {each.status for each in records} == {"cut over"}
        assert {each.id for each in records} <= ids or number == 1
        for place, given in shares.items():
            version, weights = before[place]
            reached = sum(weights.values()) or float(version == world.green[place])
            assert given == sorted(given)
            assert given[0] > reached, f"{place} went back after change {number}"
        assert undo(world.sides(), "staging") == []
        assert world.all_at(world.blue)


def test_killed_after_any_change_it_can_be_undone_and_undone_again(world: World) -> None:
    total = changes_of_a_release(world)
    for number in range(1, total + 1):
        with pytest.raises(KilledError):
            world.make_release(after=after_change(number, KilledError()), percents=SHORT)

        assert undo(world.sides(), "staging") == []
        assert undo(world.sides(), "staging") == []

        assert world.all_at(world.blue), f"after change {number}"
        assert not world.release().is_under_way


def test_a_rollback_that_is_killed_after_any_change_is_finished_by_whatever_comes_next(
    world: World,
) -> None:
    for number in range(1, 2 * (1 + 2 + 1)):
        world.make_release(percents=SHORT)
        with pytest.raises(KilledError):
            undo(world.sides(after=after_change(number, KilledError())), "staging")

        if number % 2:
            world.make_release()  # finishes the rollback; it does not release
        else:
            undo(world.sides(), "staging")

        assert world.all_at(world.blue), f"after change {number}"
        records = world.records().values()
        assert {(each.status, each.reason) for each in records} == {
            ("rolled back", "make rollback")
        }


def test_an_interrupted_release_stays_where_it_is_and_can_be_resumed_at_once(
    world: World,
) -> None:
    """Ctrl-C: nothing is undone without being asked for; nobody has to wait for the lease."""
    with pytest.raises(KeyboardInterrupt):
        world.make_release(after=after_change(6, KeyboardInterrupt()))
    west = world.records()[WEST]
    assert (west.status, west.percent, west.holder) == ("under way", 50, None)
    assert not world.all_at(world.blue)

    assert world.make_release(lease=3600)

    assert world.all_at(world.green)


def test_of_two_releases_at_once_the_second_is_refused_until_the_first_has_died(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KilledError):
        world.make_release(after=after_change(6, KilledError()))
    assert world.records()[WEST].holder == HOLDER
    before = world.aliases()
    monkeypatch.setattr("operations.release.releasing.HOLDER", "another process")
    monkeypatch.setattr("operations.release.side.HOLDER", "another process")

    with pytest.raises(OperationError, match=r"is being made by .*user/operator"):
        world.make_release(lease=3600)
    assert world.aliases() == before

    assert world.make_release(lease=0)
    assert world.all_at(world.green)


def test_two_releases_that_begin_at_the_same_moment_do_not_both_begin(world: World) -> None:
    first, second = world.release(), world.release()
    first.open()
    second.open()

    assert first.begin("arn:aws:iam::444455556666:user/first")
    with pytest.raises(TakenOverError, match="user/first"):
        second.begin("arn:aws:iam::444455556666:user/second")

    first.run()
    assert world.all_at(world.green)
    assert {each.who[-5:] for each in world.records().values()} == {"first"}


def test_a_rollback_stops_the_release_that_is_at_work(world: World) -> None:
    undone: list[list[str]] = []

    def meanwhile(region: str, operation: str, _parameters: Any) -> None:
        if operation == "GetMetricData" and region == EAST and not undone:
            undone.append(undo(world.sides(), "staging"))

    with pytest.raises(TakenOverError, match="has stopped"):
        world.make_release(before=meanwhile)

    assert undone == [[]]
    assert world.all_at(world.blue)


def test_a_rollback_beside_a_step_wins_over_it(world: World) -> None:
    """Between the release's write of the record and its moves of the aliases."""
    undone: list[list[str]] = []

    def meanwhile(region: str, operation: str, _parameters: Any) -> None:
        if operation == "UpdateAlias" and region == WEST and not undone:
            undone.append([])
            undone.append(undo(world.sides(), "staging"))

    with pytest.raises(OperationError):
        world.make_release(before=meanwhile)

    assert undone == [[], []]
    assert world.all_at(world.blue)
    assert {each.status for each in world.records().values()} == {"rolled back"}


@pytest.mark.parametrize("region", [EAST, WEST])
def test_a_region_that_is_lost_before_the_release_keeps_it_from_beginning(
    world: World, region: str
) -> None:
    world.ask("regions", region=region, down=True)

    with pytest.raises(UnreachableError, match=f"{region} cannot be reached"):
        world.make_release()

    world.ask("regions", region=region, down=False)
    assert world.all_at(world.blue)


def test_a_region_that_is_lost_before_its_turn_is_not_touched_and_taken_later(
    world: World,
) -> None:
    def lose(region: str, operation: str, parameters: dict[str, Any]) -> None:
        if region == WEST and operation == "PutObject" and b"cut over" in parameters["Body"]:
            world.ask("regions", region=EAST, down=True)

    with pytest.raises(StoppedError, match=f"{EAST} cannot be reached.*{WEST} is cut over"):
        world.make_release(after=lose)
    world.ask("regions", region=EAST, down=False)
    green_in_west = {
        place: (world.green if place[0] == WEST else world.blue)[place] for place in world.blue
    }
    assert world.all_at(green_in_west)

    assert world.make_release()

    assert world.all_at(world.green)


def test_one_lost_region_does_not_keep_the_other_from_being_rolled_back(world: World) -> None:
    world.make_release()
    world.ask("regions", region=EAST, down=True)

    problems = undo(world.sides(), "staging")

    world.ask("regions", region=EAST, down=False)
    assert len(problems) == 1
    assert EAST in problems[0]
    versions = {p: (world.blue if p[0] == WEST else world.green)[p] for p in world.blue}
    assert world.all_at(versions)
    assert undo(world.sides(), "staging") == []
    assert world.all_at(world.blue)


def test_answers_that_are_lost_are_not_taken_for_somebody_elses_work(world: World) -> None:
    for operation in ("lambda:UpdateAlias", "s3:PutObject"):
        world.ask("faults", kind="reset", when="after", operation=operation, skip=2, count=1)

    assert world.make_release()

    assert world.all_at(world.green)


def test_an_alias_that_somebody_has_moved_since_is_left_alone(world: World) -> None:
    world.make_release()
    place = (EAST, NAMES.function("api"))
    world.aws.client("lambda", EAST).update_alias(
        FunctionName=place[1], Name="live", FunctionVersion="1"
    )

    (problem,) = undo(world.sides(), "staging")

    assert "is at version 1" in problem
    assert "left alone" in problem
    assert world.all_at({**world.blue, place: "1"})


def test_without_a_release_there_is_nothing_to_undo(world: World) -> None:
    with pytest.raises(OperationError, match="nothing to undo"):
        undo(world.sides(), "staging")


def test_a_record_that_is_none_is_told_and_not_overwritten(world: World) -> None:
    key = "env:/staging/serverless/release.json"
    s3, bucket = world.aws.client("s3", EAST), NAMES.state_bucket(EAST)
    s3.put_object(Bucket=bucket, Key=key, Body=b'{"id": 7}')

    with pytest.raises(OperationError, match=f"s3://{bucket}/{key} is no record"):
        world.make_release()

    assert world.all_at(world.blue)
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b'{"id": 7}'
