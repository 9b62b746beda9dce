"""R-C7: `make release` on the deployed pipeline, with requests to the API all the while.

The deployment is the one of all tests here, which Terraform moves by itself: the setting is another
one for as long as these last, and the versions are published by hand.
"""

import json
import math
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from pipeline.naming import LIVE
from tests.end_to_end.deployed.conftest import PRIMARY, SECONDARY, Deployment
from tests.project_copy import Result

REGIONS = (SECONDARY, PRIMARY)
CANARY = 10
_SETTLED_SECONDS = 20.0


@dataclass
class Requests:
    """Requests to the API of a region, one after the other, and how they ended."""

    url: str
    statuses: list[int] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self._stopped.is_set():
            self.statuses.append(self.one())

    def one(self) -> int:
        try:
            with urllib.request.urlopen(self.url, timeout=60) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def stop(self) -> None:
        self._stopped.set()

    @property
    def failed(self) -> int:
        return sum(status != 200 for status in self.statuses)


def requests_to(deployed: Deployment, region: str) -> Requests:
    apis = deployed.aws.client("apigateway", region).get_rest_apis()["items"]
    (api,) = (each["id"] for each in apis if each["name"] == deployed.names.rest_api())
    stage = deployed.names.stage()
    # What needs no signature, and nothing of the other functions.
    return Requests(f"{deployed.aws.endpoint}/_aws/execute-api/{api}/{stage}/health")


@contextmanager
def traffic(deployed: Deployment) -> Iterator[dict[str, Requests]]:
    """Send requests to both regions, from before to after what is done meanwhile."""
    made = {region: requests_to(deployed, region) for region in REGIONS}
    threads = [threading.Thread(target=each.run) for each in made.values()]
    for thread in threads:
        thread.start()
    try:
        yield made
        seen = {region: len(each.statuses) for region, each in made.items()}
        while any(len(each.statuses) < seen[region] + 5 for region, each in made.items()):
            time.sleep(0.05)
    finally:
        for each in made.values():
            each.stop()
        for thread in threads:
            thread.join()


@pytest.fixture
def canary(deployed: Deployment) -> Iterator[Deployment]:
    """The deployment, released by canaries; afterwards its functions are as they were."""
    file = deployed.project.folder / "environments" / "dev.toml"
    before = file.read_text()
    changed = before.replace(
        'strategy = "direct"',
        f'strategy = "canary"\ncanary_percent = {CANARY}\nsteps = [50]\nstep_seconds = 8',
    )
    assert changed != before
    file.write_text(changed)
    function = deployed.names.function("api")
    former = {
        region: deployed.aws.client("lambda", region).get_function_configuration(
            FunctionName=function
        )
        for region in REGIONS
    }
    yield deployed
    file.write_text(before)
    for region, settings in former.items():
        kept = {name: settings[name] for name in ("Handler", "MemorySize")}
        kept["Environment"] = {"Variables": settings["Environment"]["Variables"]}
        deployed.configure("api", region, **kept)
    assert deployed.user("cdktf", "synth", TF_WORKSPACE="dev").code == 0


def publish(deployed: Deployment, **settings: Any) -> dict[str, str]:
    """Publish a version of the API's function in both regions."""
    function, found = deployed.names.function("api"), {}
    for region in REGIONS:
        client = deployed.aws.client("lambda", region)
        client.update_function_configuration(FunctionName=function, **settings)
        found[region] = client.publish_version(FunctionName=function)["Version"]
    return found


def in_use(deployed: Deployment) -> dict[str, str]:
    function, found = deployed.names.function("api"), {}
    for region in REGIONS:
        alias = deployed.aws.client("lambda", region).get_alias(FunctionName=function, Name=LIVE)
        assert not (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights")
        found[region] = alias["FunctionVersion"]
    return found


def release(deployed: Deployment, *ignored: str) -> Result:
    """Release without a deploy; alarms that other tests have left behind do not count."""
    end = time.monotonic() + _SETTLED_SECONDS
    while (on := alarms(deployed)) and time.monotonic() < end:
        time.sleep(0.5)
    on += ignored
    return deployed.user("make", "release", "ENV=dev", "DEPLOY=no", f"IGNORE={','.join(on)}")


def alarms(deployed: Deployment) -> list[str]:
    return sorted(
        {
            each["AlarmName"]
            for region in REGIONS
            for page in deployed.aws.client("cloudwatch", region)
            .get_paginator("describe_alarms")
            .paginate(StateValue="ALARM", AlarmTypes=["MetricAlarm"])
            for each in page["MetricAlarms"]
        }
    )


def test_a_deploy_publishes_and_leaves_the_calls_where_they_are(canary: Deployment) -> None:
    """R-C4: Terraform by itself cuts nothing over, and sees no change in that."""
    blue = in_use(canary)[SECONDARY]
    file = canary.project.folder / "environments" / "dev.toml"
    before = file.read_text()
    file.write_text(re.sub(r"(\[functions\.api\]\nmemory_mb = )\d+", r"\g<1>768", before))
    assert file.read_text() != before
    assert canary.user("cdktf", "synth", TF_WORKSPACE="dev").code == 0
    stack = canary.stack("secondary")

    applied = canary.apply(stack)

    assert applied.code == 0, applied.text
    client, function = canary.aws.client("lambda", SECONDARY), canary.names.function("api")
    versions = client.list_versions_by_function(FunctionName=function)["Versions"]
    assert versions[-1]["MemorySize"] == 768
    assert int(versions[-1]["Version"]) > int(blue)
    assert in_use(canary)[SECONDARY] == blue
    assert canary.plan(stack).code == 0


def only_the_canarys_share_failed(meanwhile: dict[str, Requests]) -> None:
    """In the region that has the first turn, and none in the end; in the other one none at all."""
    west = meanwhile[SECONDARY]
    sent, share = len(west.statuses), CANARY / 100
    noise = 4 * math.sqrt(sent * share * (1 - share))
    assert 0 < west.failed <= share * sent + noise, (west.failed, sent)
    assert set(west.statuses[-5:]) == {200}
    assert meanwhile[PRIMARY].failed == 0, "the primary region had its turn"


def test_a_version_that_answers_with_errors_rolls_itself_back(canary: Deployment) -> None:
    """Lambda counts none of them: its function handled what went wrong. No alarm is needed."""
    blue = in_use(canary)
    name = canary.names.function("api")
    variables = canary.aws.client("lambda", SECONDARY).get_function_configuration(
        FunctionName=name
    )["Environment"]["Variables"]
    planted = variables | {"LEDGER_TABLE_NAME": "planted-nothing"}
    bad = publish(canary, Environment={"Variables": planted})
    unheard = [
        canary.names.alarm(each)
        for each in ("data-api-server-errors", "api-circuit-open", "data-api-latency")
    ]

    with traffic(canary) as meanwhile:
        rolled_back = release(canary, *unheard)

    assert rolled_back.code != 0, rolled_back.text
    assert re.search(
        rf"[1-9]\d* of \d+ invocations of {name} version {bad[SECONDARY]} failed",
        rolled_back.text,
    ), rolled_back.text
    assert in_use(canary) == blue
    assert set(meanwhile[SECONDARY].statuses) == {200, 503}, "answered, not failed"
    only_the_canarys_share_failed(meanwhile)


def test_a_bad_version_rolls_itself_back_and_a_good_one_is_cut_over(canary: Deployment) -> None:
    """Failed are fewer requests than the canary's share; none of a good release."""
    blue = in_use(canary)
    result = canary.project.folder / "build" / "release.json"
    handler = canary.aws.client("lambda", PRIMARY).get_function_configuration(
        FunctionName=canary.names.function("api")
    )["Handler"]
    bad = publish(canary, Handler="planted.missing")

    with traffic(canary) as meanwhile:
        rolled_back = release(canary)

    assert rolled_back.code != 0, rolled_back.text
    assert "rolled back" in rolled_back.text
    assert in_use(canary) == blue
    only_the_canarys_share_failed(meanwhile)
    record = json.loads(result.read_text())["regions"][SECONDARY]
    assert record["status"] == "rolled back"
    name = canary.names.function("api")
    assert record["functions"][name] == {"blue": blue[SECONDARY], "green": bad[SECONDARY]}

    good = publish(canary, Handler=handler)
    with traffic(canary) as meanwhile:
        released = release(canary)

    assert released.code == 0, released.text
    assert in_use(canary) == good
    for region, requests in meanwhile.items():
        assert len(requests.statuses) > 20
        assert requests.failed == 0, f"{region}: {requests.failed} of {len(requests.statuses)}"

    undone = canary.user("make", "rollback", "ENV=dev")

    assert undone.code == 0, undone.text
    assert in_use(canary) == blue
