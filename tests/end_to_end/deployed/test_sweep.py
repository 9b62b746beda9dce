"""Objects whose event was lost are found by the sweep, and end as every other object."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from operations.demo.processing import Upload, wait_for_rest
from operations.progress import Progress
from pipeline.naming import LIVE
from tests.end_to_end.deployed.conftest import PRIMARY, SECONDARY, Deployment
from tests.end_to_end.deployed.test_function_permissions import (
    BY_LAMBDA_ITSELF,
    granted,
    policy_of,
)

REGIONS = (PRIMARY, SECONDARY)


@pytest.fixture(scope="module")
def sweeping(deployed: Deployment) -> Iterator[Callable[..., None]]:
    """Let the sweep have no grace time; returns what changes more of its settings."""
    function = deployed.names.function("object-sweep")
    before: dict[str, dict[str, str]] = {}

    def change(**variables: str) -> None:
        for region in REGIONS:
            client = deployed.aws.client("lambda", region)
            found = client.get_function_configuration(FunctionName=function)
            before.setdefault(region, found["Environment"]["Variables"])
            wanted = {**before[region], "GRACE_SECONDS": "0", **variables}
            deployed.configure("object-sweep", region, Environment={"Variables": wanted})

    change()
    yield change
    for region, variables in before.items():
        deployed.configure("object-sweep", region, Environment={"Variables": variables})


@pytest.fixture
def losing_events(deployed: Deployment) -> Iterator[None]:
    """No event reaches a queue while this holds."""
    names = [deployed.names.rule(name) for name in deployed.datasets]
    for region in REGIONS:
        for name in names:
            deployed.aws.client("events", region).disable_rule(Name=name)
    yield
    for region in REGIONS:
        for name in names:
            deployed.aws.client("events", region).enable_rule(Name=name)


def fire(deployed: Deployment) -> None:
    """Let the schedules of both regions fire, and wait for what follows."""
    for region in REGIONS:
        deployed.ask("schedule", rule=deployed.names.schedule("object-sweep"), region=region)
    rest(deployed)


def sweep(deployed: Deployment, region: str) -> dict[str, Any]:
    """Invoke the sweep, as a person may; return what it did."""
    answer = deployed.aws.client("lambda", region).invoke(
        FunctionName=deployed.names.function("object-sweep"), Qualifier=LIVE
    )
    done: dict[str, Any] = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, done
    rest(deployed)
    return done


def rest(deployed: Deployment) -> None:
    with Progress("Sweeping") as progress:
        wait_for_rest(deployed.aws, progress)


def put(deployed: Deployment, region: str, name: str, file: str = "other dates.csv") -> Upload:
    path = deployed.made_up / "parcels" / file
    (upload,) = deployed.upload([deployed.sample("parcels", path, region, name)])
    return upload


def statuses(deployed: Deployment, uploads: list[Upload]) -> list[str]:
    """The status of each object version in the region where it landed."""
    found = {
        (item["objectId"]["S"], item["region"]["S"]): item["status"]["S"]
        for item in deployed.items(deployed.names.table("object-ledger"), PRIMARY)
    }
    return [found.get((each.object_id, each.sample.region), "absent") for each in uploads]


def test_objects_whose_event_was_lost_are_processed(
    deployed: Deployment, sweeping: Callable[..., None], losing_events: None
) -> None:
    """R-F3 R-A16: in both regions, overwritten and deleted versions, too; and then no more."""
    lost = [put(deployed, region, f"lost/{region}+a b.csv") for region in REGIONS]
    lost += [put(deployed, PRIMARY, "lost/overwritten.csv") for _ in range(3)]
    lost += [put(deployed, SECONDARY, "lost/deleted.csv")]
    deployed.aws.client("s3", SECONDARY).delete_object(
        Bucket=deployed.names.bucket("data-ingestion", SECONDARY), Key=lost[-1].sample.key
    )
    rest(deployed)
    assert set(statuses(deployed, lost)) == {"absent"}

    fire(deployed)

    assert set(statuses(deployed, lost)) == {"COMPLETED"}
    for region in REGIONS:
        done = sweep(deployed, region)
        assert (done["announced"], done["unfinished"], done["ended"]) == (0, 0, "round")


def test_runs_with_small_bounds_cover_everything_together(
    deployed: Deployment, sweeping: Callable[..., None], losing_events: None
) -> None:
    """R-F3: page by page, three objects per run; the cursor leads from run to run."""
    sweeping(PAGE_SIZE="2", ANNOUNCEMENTS_PER_RUN="3")
    lost = [put(deployed, PRIMARY, f"many/{number}.csv") for number in range(8)]

    runs = [sweep(deployed, PRIMARY)]
    while runs[-1]["ended"] != "round":
        runs.append(sweep(deployed, PRIMARY))

    sweeping()
    assert set(statuses(deployed, lost)) == {"COMPLETED"}
    assert [run["announced"] for run in runs] == [3, 3, 2]


def test_each_action_that_the_sweep_was_granted_is_used(
    deployed: Deployment, sweeping: Callable[..., None], losing_events: None
) -> None:
    """R-F2 R-A11: s3:ListBucket alone is for trouble: it tells a first run from a missing right."""
    sweeping(ANNOUNCEMENTS_PER_RUN="1")
    for region in REGIONS:
        put(deployed, region, "permissions/1.csv")
        assert sweep(deployed, region)["announced"] == 1
    report = deployed.aws.report()
    for region in REGIONS:
        role = deployed.names.role("object-sweep", region)
        used = {action for who, action, _ in report["allowed"] if who == role}
        unused = granted(policy_of(deployed, role)) - used - BY_LAMBDA_ITSELF
        assert unused <= {"s3:ListBucket"}
        assert [each for each in report["denied"] if each["principal"] == role] == []
