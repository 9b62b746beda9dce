"""docs/monitoring.md says what each alarm is, and of no other one."""

import re
from pathlib import Path

import pytest

from pipeline.naming import FUNCTIONS, TABLES
from tests.pipeline.monitoring.watching import every_alarm, watched
from tests.pipeline.stacks.conftest import Variation

REGIONS = ("us-east-1", "us-west-2")
PAGE = Path(__file__).resolve().parents[3] / "docs" / "monitoring.md"


def documented() -> dict[str, str]:
    """Alarm -> the cells of its row with metric and dimensions."""
    found = {}
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| `"):
            continue
        for name in re.findall(r"`([^`]+)`", cells[0]):
            parts = {"<function>": FUNCTIONS, "<table>": TABLES, "<region>": REGIONS}
            placeholder = next((each for each in parts if each in name), None)
            for part in parts[placeholder] if placeholder else [""]:
                found[name.replace(placeholder or "<>", part)] = " ".join(cells[1:3])
    return found


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_every_alarm_is_documented_with_its_metric_and_dimensions(
    variation: Variation, name: str
) -> None:
    """R-A12."""
    domain = {"domain": "api.example.com", "hosted_zone_id": "Z0123456789"}
    both = variation(name, api=domain)
    pages, environment = documented(), both.environment.environment
    seen = set()
    for alarm in every_alarm(both):
        name = alarm["alarm_name"].removeprefix("serverless-").removesuffix(f"-{environment}")
        seen.add(name)
        for namespace, metric, dimensions, _ in watched(alarm):
            own = namespace == both.names.metrics_namespace()
            assert f"{'own' if own else f'`{namespace}`'} {metric}" in pages[name]
            for dimension in dimensions:
                assert f"`{dimension}`" in pages[name]
    # Of the tables, the invocation log is in one region only: nothing is replicated.
    assert set(pages) - {"invocation-log-replication"} == seen
