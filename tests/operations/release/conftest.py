"""Two regions with two small functions each, whose aliases a release moves; calls can be tapped."""

import io
import json
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from operations.bootstrap import bootstrap
from operations.command_line import configuration
from operations.embedded import EmbeddedAws, embedded_aws
from operations.region import Region
from operations.release.plan import Plan
from operations.release.record import Record
from operations.release.releasing import Release
from operations.release.side import Side
from pipeline.naming import LIVE, Function, Names

EAST, WEST = "us-east-1", "us-west-2"
ORDER = (WEST, EAST)  # the standby first
ENVIRONMENT = configuration("staging")
NAMES = Names(ENVIRONMENT)
FUNCTIONS: tuple[Function, ...] = ("data-processor", "api")
CODE = """
import os
def handler(event, context):
    if os.environ.get("FAILS"):
        raise ValueError("planted")
    return context.function_version
"""


class KilledError(BaseException):
    """The command dies here: nothing of it runs any more."""


Tap = Callable[[str, str, dict[str, Any]], None]
"""Called with region, operation and parameters of each call that was done."""


def _nothing(*_: Any) -> None:
    pass


@dataclass
class Taps:
    """Clients that tell of their calls; they are made once, since that takes long."""

    aws: EmbeddedAws
    before: Tap = _nothing
    after: Tap = _nothing
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)
    _parameters: dict[str, Any] = field(default_factory=dict)

    def region(self, name: str) -> Region:
        session, url = self.aws.session(), self.aws.endpoint
        is_new = name not in self.clients
        clients = self.clients.setdefault(name, {})
        region = Region(name, ENVIRONMENT, session, url, clients)
        if is_new:
            for service in ("s3", "sts", "lambda", "cloudwatch", "stepfunctions"):
                events = region.client(service).meta.events
                events.register("provide-client-params", partial(self._note, name))
                events.register("after-call", partial(self._tell, name))
        return region

    def _note(self, region: str, params: dict[str, Any], model: Any, **_: Any) -> None:
        self._parameters[model.name] = dict(params)
        self.before(region, model.name, self._parameters[model.name])

    def _tell(self, region: str, model: Any, **_: Any) -> None:
        self.after(region, model.name, self._parameters[model.name])


@dataclass(frozen=True)
class World:
    """The embedded AWS, with blue in use and green published."""

    taps: Taps
    blue: dict[tuple[str, str], str]
    green: dict[tuple[str, str], str]

    @property
    def aws(self) -> EmbeddedAws:
        return self.taps.aws

    def sides(self, before: Tap = _nothing, after: Tap = _nothing) -> list[Side]:
        """Return the regions; whatever is done from now on is told to these."""
        self.taps.before, self.taps.after = before, after
        return [Side(self.taps.region(each)) for each in ORDER]

    def release(
        self,
        before: Tap = _nothing,
        after: Tap = _nothing,
        lease: float = 0.0,
        ignored: tuple[str, ...] = (),
        percents: tuple[int, ...] = (10, 50),
    ) -> Release:
        """Return a release that waits for nothing."""
        plan = Plan(percents, 1.0, 0.0, ignored, poll_seconds=0.1, lease_seconds=lease)
        return Release(self.sides(before, after), "staging", plan)

    def make_release(self, *arguments: Any, **named: Any) -> bool:
        """Do what the command does; return whether there was anything to do."""
        release = self.release(*arguments, **named)
        release.open()
        if release.is_half_undone:
            assert release.finish_rollback() == []
            return True
        if has_begun := release.begin("arn:aws:iam::444455556666:user/operator"):
            release.run()
        return has_begun

    def aliases(self) -> dict[tuple[str, str], tuple[str, dict[str, float]]]:
        """Return where the aliases are: the version, and the weights."""
        found = {}
        for region, function in self.blue:
            alias = self.aws.client("lambda", region).get_alias(FunctionName=function, Name=LIVE)
            weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
            found[region, function] = (alias["FunctionVersion"], weights)
        return found

    def all_at(self, versions: dict[tuple[str, str], str]) -> bool:
        return self.aliases() == {place: (version, {}) for place, version in versions.items()}

    def records(self) -> dict[str, Record]:
        return {side.name: side.given() for side in map(opened, self.sides())}

    def call(self, region: str, times: int, kind: Function = "api") -> list[str]:
        """Call a function through its alias; return the errors."""
        client = self.aws.client("lambda", region)
        answers = [
            client.invoke(FunctionName=NAMES.function(kind), Qualifier=LIVE) for _ in range(times)
        ]
        return [each["FunctionError"] for each in answers if "FunctionError" in each]

    def set_alarm(self, region: str, name: str, state: str = "ALARM", **tags: str) -> str:
        """Make an alarm that stays in its state; return its name."""
        cloudwatch = self.aws.client("cloudwatch", region)
        cloudwatch.put_metric_alarm(
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            AlarmName=name,
            Namespace="tests",
            MetricName="nothing",
            Statistic="Sum",
            Period=86_400,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="ignore",
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="planted")
        return name

    def ask(self, path: str, **body: Any) -> None:
        """Post to the admin API of the embedded AWS."""
        request = urllib.request.Request(  # noqa: S310
            f"{self.aws.endpoint}/_embedded/{path}", json.dumps(body).encode()
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            assert answer.status == 200


def opened(side: Side) -> Side:
    side.open()
    return side


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    folder = tmp_path_factory.mktemp("aws")
    with embedded_aws(ENVIRONMENT.account.id, folder / "aws.sh") as running:
        bootstrap(ENVIRONMENT, running.session(), running.endpoint)
        for region in ORDER:
            _build(running, region)
        yield running


def _build(aws: EmbeddedAws, region: str) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    document = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
    role = aws.client("iam", region).create_role(
        RoleName=f"functions-{region}", AssumeRolePolicyDocument=json.dumps(document)
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("app.py", CODE)
    client = aws.client("lambda", region)
    for kind in FUNCTIONS:
        client.create_function(
            FunctionName=NAMES.function(kind),
            Runtime="python3.13",
            Role=role["Role"]["Arn"],
            Handler="app.handler",
            Code={"ZipFile": archive.getvalue()},
            Publish=True,
        )
        client.create_alias(FunctionName=NAMES.function(kind), Name=LIVE, FunctionVersion="1")


def publish(aws: EmbeddedAws, region: str, function: str, **variables: str) -> str:
    """Publish a version with these environment variables."""
    client = aws.client("lambda", region)
    latest = client.get_function_configuration(FunctionName=function)
    client.update_function_configuration(
        FunctionName=function,
        Environment={"Variables": variables},
        MemorySize=latest["MemorySize"] % 1024 + 128,  # another one, so that it is a new version
    )
    version: str = client.publish_version(FunctionName=function)["Version"]
    return version


@pytest.fixture(scope="module")
def taps(aws: EmbeddedAws) -> Taps:
    return Taps(aws)


@pytest.fixture
def world(aws: EmbeddedAws, taps: Taps) -> Iterator[World]:
    blue, green = {}, {}
    for region in ORDER:
        for kind in FUNCTIONS:
            place = (region, NAMES.function(kind))
            blue[place], green[place] = publish(aws, *place), publish(aws, *place)
            aws.client("lambda", region).update_alias(
                FunctionName=place[1],
                Name=LIVE,
                FunctionVersion=blue[place],
                RoutingConfig={"AdditionalVersionWeights": {}},
            )
    made = World(taps, blue, green)
    yield made
    for region in ORDER:
        made.ask("regions", region=region, down=False)
        cloudwatch = aws.client("cloudwatch", region)
        alarms = cloudwatch.describe_alarms()["MetricAlarms"]
        cloudwatch.delete_alarms(AlarmNames=[each["AlarmName"] for each in alarms])
        s3, bucket = aws.client("s3", region), NAMES.state_bucket(region)
        s3.delete_object(Bucket=bucket, Key="env:/staging/serverless/release.json")
