"""Another environment setting, deployed by `make deploy`'s own command: the direct trigger."""

from collections.abc import Callable

from tests.end_to_end.deployed.conftest import PRIMARY, SECONDARY, Deployment
from tests.end_to_end.deployed.test_outage import dead_letters, eventually, fault, told_of

__all__ = ["fault"]  # a fixture


def test_the_buckets_own_notification_starts_the_processor(deployed: Deployment) -> None:
    """R-A3 R-D1 R-D4: trigger = "s3"; keys arrive URL-encoded and are read right."""
    file = deployed.project.folder / "environments" / "dev.toml"
    text = file.read_text()
    file.write_text(text.replace("[data]\n", '[data]\ntrigger = "s3"\n'))
    assert file.read_text() != text

    switched = deployed.user(
        "python", "-m", "operations.deploy", "--environment", "dev", APPROVE="yes"
    )
    assert switched.code == 0, switched.text
    rules = deployed.aws.client("events", PRIMARY).list_rules()["Rules"]
    assert [rule for rule in rules if "EventPattern" in rule] == []

    name = "direkt & 100%+größer.csv"
    path = deployed.made_up / "parcels" / "other dates.csv"
    samples = [
        deployed.sample("parcels", path, region, f"{region}/{name}")
        for region in (PRIMARY, SECONDARY)
    ]
    entries = deployed.wait(deployed.upload(samples))

    assert {entry.status for entry in entries.values()} == {"COMPLETED"}
    for entry in entries.values():
        assert entry.counts == {"read": 4, "stored": 2, "superseded": 0, "rejected": 2}
        assert len(deployed.quarantined(entry)) == 2


def test_an_outage_is_waited_for_in_the_queue(
    deployed: Deployment, fault: Callable[..., None]
) -> None:
    """R-D1 R-A8 R-F3: Lambda would try twice more, within minutes, and give the event up."""
    role = deployed.names.role("data-processor", PRIMARY)
    fault(operation="dynamodb:*", principal=role, count=None)
    path = deployed.made_up / "parcels" / "other dates.csv"
    key = "during an outage.csv"

    uploads = deployed.upload([deployed.sample("parcels", path, PRIMARY, key)])
    eventually(lambda: told_of(deployed, "object not processed"))
    eventually(lambda: is_handed_over(deployed))
    fault()
    (entry,) = deployed.wait(uploads).values()

    assert (entry.status, entry.counts["stored"], entry.counts["rejected"]) == ("COMPLETED", 2, 2)
    assert [each for each in dead_letters(deployed) if key in each["Body"]] == []


def is_handed_over(deployed: Deployment) -> bool:
    """Whether the processor's role has sent to the work queue."""
    role = deployed.names.role("data-processor", PRIMARY)
    queue = deployed.names.queue_arn("data-processing", PRIMARY)
    return [role, "sqs:SendMessage", queue] in deployed.aws.report()["allowed"]
