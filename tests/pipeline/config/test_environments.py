"""The shipped environments, and what a minimal one means."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.config import available_environments, load_environment
from pipeline.config.model import LOG_RETENTION_CHOICES

PROJECT = Path(__file__).resolve().parents[3]
SHIPPED = PROJECT / "environments"


def test_three_environments_are_shipped() -> None:
    assert available_environments(SHIPPED) == ("dev", "prod", "staging")


@pytest.mark.parametrize(
    ("name", "retention", "memory", "timeout"),
    [("dev", 7, 512, 30), ("staging", 30, 1024, 60), ("prod", 90, 2048, 90)],
)
def test_sizes_are_those_of_the_environment_map(
    name: str, retention: int, memory: int, timeout: int
) -> None:
    """R-E1, R-A14: log retention, memory and time-out per environment; R-A4: processor 300 s."""
    functions = load_environment(name, SHIPPED).functions

    assert functions.log_retention_days == retention
    assert functions.processor.memory_mb == memory
    assert functions.stream.timeout_seconds == timeout
    assert functions.processor.timeout_seconds == 300


def test_dev_is_disposable_and_prod_is_protected() -> None:
    """R-D3: a clean teardown of dev, none of prod; R-A2: prod replicates the ingestion bucket."""
    dev, prod = load_environment("dev", SHIPPED).data, load_environment("prod", SHIPPED).data

    assert (dev.disposable, dev.deletion_protection) == (True, False)
    assert (prod.disposable, prod.deletion_protection) == (False, True)
    assert (dev.replicate_ingestion_bucket, prod.replicate_ingestion_bucket) == (False, True)


def test_minimal_environment_gets_defaults_that_deploy(folder: Path) -> None:
    """R-B11: the account, a team, an owner and a purpose are enough."""
    environment = load_environment("dev", folder)

    assert environment.both_regions == ("us-east-1", "us-west-2")
    assert environment.partition == "aws"
    assert environment.data.deletion_protection
    assert environment.functions.log_retention_days in LOG_RETENTION_CHOICES


def test_environment_is_frozen(folder: Path) -> None:
    environment = load_environment("dev", folder)

    with pytest.raises(ValidationError, match="frozen"):
        environment.data.trigger = "s3"


def test_tags_are_those_of_the_file_and_of_the_pipeline(folder: Path) -> None:
    """R-A13, R-B11, R-C1: Owner, Purpose, Environment, and any other."""
    file = folder / "dev.toml"
    file.write_text(file.read_text("utf-8") + '[tags.extra]\nCostCenter = "4711"\n', "utf-8")

    assert load_environment("dev", folder).all_tags() == {
        "CostCenter": "4711",
        "Environment": "dev",
        "Owner": "data-platform",
        "Project": "serverless",
        "Purpose": "testing",
        "Team": "data-platform",
    }


def test_file_with_a_byte_order_mark_is_read(folder: Path) -> None:
    file = folder / "dev.toml"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())

    assert load_environment("dev", folder).environment == "dev"
