"""Another environment setting, deployed by `make deploy`'s own command: the direct trigger."""

from tests.end_to_end.deployed.conftest import PRIMARY, SECONDARY, Deployment


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
