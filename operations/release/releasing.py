"""A release: region by region, step by step, watched; it rolls itself back, and may be resumed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from operations.errors import OperationError
from operations.progress import Progress
from operations.release.plan import Plan, StoppedError, TroubleError
from operations.release.record import Record, TakenOverError, Versions
from operations.release.rolling_back import of_last, roll_back
from operations.release.side import FAILURES, HOLDER, Side, UnreachableError, failure_of
from operations.release.watch import Counts


class Release:
    """The release of one environment.

    Parameters
    ----------
    sides
        The regions, in the order in which they are released.
    environment
        Its name.
    plan
        How it goes on.
    """

    def __init__(self, sides: Sequence[Side], environment: str, plan: Plan) -> None:
        self._sides = sides
        self._environment = environment
        self._plan = plan
        self._signs = 0.0

    def open(self) -> None:
        """Read where the last release stands.

        Raises
        ------
        UnreachableError
            A region cannot be reached; nothing was changed.
        OperationError
            Another command is at work on it.
        """
        for side in self._sides:
            side.open()
        for side in self._sides:
            seen, lease = side.seen, self._plan.lease_seconds
            if seen and seen.record.status == "under way" and seen.record.holder:
                wait = lease - seen.age
                if wait > 0 and seen.record.holder != HOLDER:
                    raise OperationError(
                        f"the release {seen.record.id} of {self._environment} is being made by"
                        f" {seen.record.who}. Wait for it, or undo it: make rollback"
                        f" ENV={self._environment}. If its command has died, try again in"
                        f" {wait:.0f} seconds."
                    )

    @property
    def is_under_way(self) -> bool:
        """Whether a release has begun and not come to its end, or a rollback of it."""
        return any(side.given().status in ("under way", "rolling back") for side in self._last())

    @property
    def is_half_undone(self) -> bool:
        """Whether a rollback has begun and not come to its end."""
        statuses = {side.given().status for side in self._last()}
        return "rolling back" in statuses or ("rolled back" in statuses and len(statuses) > 1)

    def _last(self) -> list[Side]:
        return of_last(self._sides)

    def finish_rollback(self) -> list[str]:
        """Go on with a rollback that was interrupted; return what went wrong."""
        reasons = (side.given().reason for side in self._last())
        return roll_back(self._sides, next(filter(None, reasons), "resumed"))

    def begin(self, who: str) -> bool:
        """Record a new release in all regions, or take over the one that is under way.

        Parameters
        ----------
        who
            The caller's ARN.

        Returns
        -------
        bool
            False: all that is published is in use already.

        Raises
        ------
        OperationError
            An alarm is on, or an alias is where no release has put it.
        """
        if self.is_under_way:
            self._resume()
            return True
        found: dict[str, dict[str, Versions]] = {}
        for side in self._sides:
            with side.reaching():
                found[side.name] = side.aliases.to_release()
        if not any(found.values()):
            return False
        self._refuse_alarms()
        self._warn_of_what_was_rolled_back(found)
        now = datetime.now(UTC)
        record = Record(
            id=f"{now:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}",
            started=now.isoformat(),
            who=who,
            region="",
            percents=(*self._plan.percents, 100),
            functions={},
            ignored=self._plan.ignored,
            holder=HOLDER,
        )
        for side in self._sides:
            side.write(record.but(region=side.name, functions=found[side.name]))
        return True

    def _resume(self) -> None:
        """Take over; a region that the release had not come to is taken in."""
        under_way = self._last()
        first = under_way[0].given()
        print(f"Resuming the release {first.id}, begun {first.started} by {first.who}", flush=True)
        for side in self._sides:
            if side not in under_way:
                functions = side.aliases.to_release()
                fresh = {"status": "under way", "step": -1, "reason": None}
                side.write(first.but(region=side.name, functions=functions, holder=HOLDER, **fresh))
            elif side.given().status == "under way":
                side.hold()

    def _refuse_alarms(self) -> None:
        on = {}
        for side in self._sides:
            with side.reaching():
                on[side.name] = side.watch.alarms(self._plan.ignored)
        if any(on.values()):
            listed = "; ".join(f"{name}: {', '.join(each)}" for name, each in on.items() if each)
            raise OperationError(
                f"not released, since alarms are on already ({listed}): a release could not tell"
                f" its own from them. Remove their cause, or leave one out of account: make release"
                f" ENV={self._environment} IGNORE=<alarm>"
            )

    def _warn_of_what_was_rolled_back(self, found: Mapping[str, Mapping[str, Versions]]) -> None:
        for side in self._sides:
            before = side.record
            if before is None or before.status != "rolled back":
                continue
            same = [n for n, v in found[side.name].items() if before.functions.get(n) == v]
            if same:
                print(
                    f"note: {side.name}: {', '.join(same)}: this version was rolled back before"
                    f" ({before.reason})",
                    flush=True,
                )

    def run(self) -> None:
        """Release in one region after the other.

        Raises
        ------
        StoppedError
            A region cannot be reached, and was not touched.
        TroubleError
            It was rolled back, and why; also when it could not be rolled back everywhere.
        TakenOverError
            Somebody undoes it; nothing more was changed.
        KeyboardInterrupt
            It stays where it is.
        """
        try:
            for side in self._sides:
                if side.given().status == "under way":
                    self._release(side)
        except (TakenOverError, KeyboardInterrupt):
            self._let_go()
            raise
        except UnreachableError as error:
            self._let_go()
            raise StoppedError(
                f"{error}. Nothing was changed there. {self.how_to_go_on()}"
            ) from error
        except FAILURES as error:
            print(f"error: {error}. Rolling back", flush=True)
            problems = roll_back(self._sides, str(error))
            raise TroubleError(
                "\n".join([f"the release was rolled back: {error}", *problems])
            ) from error

    def how_to_go_on(self) -> str:
        """Return what a person may do with a release that stays where it is."""
        places = []
        for side in self._last():
            record = side.given()
            share = "cut over" if record.status == "cut over" else f"at {record.percent} %"
            places.append(f"{side.name} is {share}")
        name = self._environment
        return (
            f"{', '.join(places)}. `make release ENV={name}` goes on from there,"
            f" `make rollback ENV={name}` undoes it."
        )

    def _let_go(self) -> None:
        """Let another command take over at once."""
        for side in self._last():
            try:
                side.open()  # the last write may have been interrupted
                if side.given().status == "under way" and side.given().holder == HOLDER:
                    side.write(side.given().but(holder=None))
            except FAILURES:
                continue  # the lease ends by itself

    def _release(self, side: Side) -> None:
        record = side.given()
        if record.step < 0:
            side.check_reachable()
        if record.functions:
            for step in range(max(record.step, 0), len(record.percents)):
                since = datetime.now(UTC)
                side.shift(step)
                if record.percents[step] < 100:
                    self._watch(side, since)
                self._show(side, since)
        side.write(side.given().but(status="cut over", holder=None))
        print(f"{side.name}: cut over" if record.functions else f"{side.name}: nothing to do")

    def _watch(self, side: Side, since: datetime) -> None:
        percent, plan = side.given().percent, self._plan
        end = time.monotonic() + plan.step_seconds
        with Progress(f"{side.name}: {percent} % of the calls go to green") as progress:
            while True:
                is_last = time.monotonic() >= end
                counts = self._look(side, since)
                total = Counts(
                    sum(each.errors for each in counts.values()),
                    sum(each.invocations for each in counts.values()),
                )
                progress.show(str(total))
                if is_last:
                    return
                self._give_a_sign()
                time.sleep(max(0.0, min(plan.poll_seconds, end - time.monotonic())))

    def _give_a_sign(self) -> None:
        """Hold what this release still has to do, and notice when somebody undoes it."""
        if time.monotonic() - self._signs >= self._plan.lease_seconds / 6:
            for side in self._last():
                if side.given().status == "under way":
                    side.hold()
            self._signs = time.monotonic()

    def _look(self, side: Side, since: datetime) -> dict[str, Counts]:
        """Raise `TroubleError` when there is any; otherwise tell how green fares."""
        record = side.given()
        counts = self._green(side, since)
        for name, each in counts.items():
            if each.exceeds(self._plan.error_percent):
                raise TroubleError(
                    f"{side.name}: {each.errors} of {each.invocations} invocations of {name}"
                    f" version {record.functions[name].green} failed"
                )
        for other in self._last():
            if other.given().step < 0:
                continue
            on = {*other.watch.alarms(record.ignored), *failure_of(other.name, self._sides)}
            if found := sorted(on - {*record.ignored}):
                raise TroubleError(f"{other.name}: in alarm: {', '.join(found)}")
        return counts

    def _green(self, side: Side, since: datetime) -> dict[str, Counts]:
        """Tell how the green versions of the functions fare."""
        given = side.given().functions
        functions = {n: each for n, each in given.items() if side.aliases.is_function(n)}
        return side.watch.green(functions, since)

    def _show(self, side: Side, since: datetime) -> None:
        record = side.given()
        counts = self._green(side, since) if record.percent < 100 else {}
        for name, versions in record.functions.items():
            # The workflow's alarms tell of it, whatever the version.
            tally = "all calls" if record.percent == 100 else "watched by its alarms"
            tally = str(counts.get(name, tally))
            shift = f"{versions.blue} -> {versions.green}"
            print(
                f"  {side.name}  {name:48}  {shift:>12}  {record.percent:3} %  {tally}", flush=True
            )
