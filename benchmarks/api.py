"""What a request to the API takes, beside a bare Flask handler on the same table."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from statistics import median, quantiles
from typing import Any
from urllib.parse import quote, urlsplit

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from benchmarks import BUILD, ROOT
from benchmarks.running import BenchmarkError
from operations import cdktf, toolchain
from operations.bootstrap import bootstrap
from operations.command_line import configuration
from operations.demo.processing import wait_for_rest
from operations.embedded import EmbeddedAws, embedded_aws
from operations.packages import build_layer
from operations.progress import Progress
from pipeline.config import Environment
from pipeline.naming import Names

ENVIRONMENT = "dev"
AT_ONCE = 8
"""Clients, when requests per second are measured."""

_WARM = 40
_TYPES = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Asked:
    """A request, ready to be sent."""

    verb: str
    target: str
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Peer:
    """Something that answers requests.

    Parameters
    ----------
    name : str
        What a person calls it.
    address : str
        URL of the server.
    prepare : callable
        Makes a request to it what it has to be.
    read_path : callable
        From the ``uuid`` of a record to the path of its items.
    rest : callable
        Waits until what requests left behind is done.
    """

    name: str
    address: str
    prepare: Callable[[Asked], Asked]
    read_path: Callable[[str], str]
    rest: Callable[[Progress], None]

    def measure(self, reads: int, writes: int) -> dict[str, float]:
        """Measure writes, then reads of what was written.

        Raises
        ------
        BenchmarkError
            When an answer is not what it should be.
        """
        orders = [_order() for _ in range(_WARM + 2 * writes)]
        posts = [
            Asked("POST", "/process", json.dumps({"dataset": "orders", "record": each}).encode())
            for each in orders
        ]
        posted = self._figures("post", posts, writes, 202)
        gets = [Asked("GET", self.read_path(each["uuid"])) for each in orders]
        return (
            self._figures("get", list(islice(cycle(gets), _WARM + 2 * reads)), reads, 200) | posted
        )

    def _figures(
        self, name: str, asked: Sequence[Asked], requests: int, status: int
    ) -> dict[str, float]:
        """Send some to warm up, some one after the other, and the rest from several clients."""
        # Signatures are made before: they are the client's work.
        ready = [self.prepare(each) for each in asked]
        parts = urlsplit(self.address)
        pool = urllib3.HTTPConnectionPool(
            str(parts.hostname), parts.port, maxsize=AT_ONCE, retries=False, timeout=60
        )

        def send(one: Asked) -> float:
            began = time.perf_counter()
            answer = pool.request(one.verb, one.target, body=one.body, headers=one.headers)
            took = time.perf_counter() - began
            if answer.status != status:
                raise BenchmarkError(
                    f"{one.verb} {one.target} was answered with {answer.status}, not {status}: "
                    f"its figures are void\n  {answer.data[:500].decode(errors='replace')}"
                )
            return took * 1000

        title = f"API, {self.name}: {len(asked)} {name} requests"
        with pool, ThreadPoolExecutor(AT_ONCE) as clients, Progress(title) as progress:
            list(clients.map(send, ready[:_WARM]))
            self.rest(progress)
            times = [send(one) for one in ready[_WARM : _WARM + requests]]
            self.rest(progress)
            began = time.perf_counter()
            list(clients.map(send, ready[_WARM + requests :]))
            rate = requests / (time.perf_counter() - began)
            self.rest(progress)
        return {
            f"{name}_p50_ms": median(times),
            f"{name}_p99_ms": quantiles(times, n=100)[98],
            f"{name}_per_s": rate,
        }


def api(reads: int, writes: int) -> dict[str, dict[str, float]]:
    """Deploy the environment `ENVIRONMENT` to an embedded AWS and measure its API.

    Parameters
    ----------
    reads, writes : int
        Requests of each way.

    Raises
    ------
    BenchmarkError
        When an answer is not what it should be.
    OperationError
        When the deploy fails.
    """
    environment = configuration(ENVIRONMENT)
    toolchain.install()
    with embedded_aws(environment.account.id, BUILD / "environment") as aws:
        _deploy(environment, aws)
        found = {"pipeline": _pipeline(environment, aws).measure(reads, writes)}
        with _flask(environment, aws) as peer:
            return {**found, "flask": peer.measure(reads, writes)}


def _deploy(environment: Environment, aws: EmbeddedAws) -> None:
    build_layer(environment)
    output = BUILD / "cdktf.out"
    with Progress(f"API: synthesizing {ENVIRONMENT}"):
        cdktf.synth(aws.variables, ENVIRONMENT, output)
    bootstrap(environment, aws.session(), aws.endpoint)
    with Progress("API: deploying both regions") as progress:
        cdktf.deploy(aws.variables, ENVIRONMENT, output, progress)


def _pipeline(environment: Environment, aws: EmbeddedAws) -> Peer:
    names, region = Names(environment), environment.regions.primary
    apis = aws.client("apigateway", region).get_rest_apis()["items"]
    (found,) = (each["id"] for each in apis if each["name"] == names.rest_api())
    host = f"{found}.execute-api.{region}.amazonaws.com"
    signer = SigV4Auth(
        Credentials(aws.variables["AWS_ACCESS_KEY_ID"], aws.variables["AWS_SECRET_ACCESS_KEY"]),
        "execute-api",
        region,
    )

    def signed(asked: Asked) -> Asked:
        target = f"/{names.stage()}{asked.target}"
        made = AWSRequest(asked.verb, f"https://{host}{target}", dict(_TYPES), asked.body)
        signer.add_auth(made)
        return Asked(asked.verb, target, asked.body, {**made.headers, "Host": host})

    return Peer(
        "pipeline",
        aws.endpoint,
        signed,
        lambda key: f"/records/{quote(f'orders#{key}')}",
        lambda progress: wait_for_rest(aws, progress),
    )


@contextmanager
def _flask(environment: Environment, aws: EmbeddedAws) -> Iterator[Peer]:
    table = Names(environment).table("processed-data")
    command = [sys.executable, "-m", "benchmarks.flask_handler", table]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=aws.variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            raise BenchmarkError("the Flask handler did not start")
        yield Peer(
            "Flask",
            f"http://127.0.0.1:{port}",
            lambda asked: Asked(asked.verb, asked.target, asked.body, dict(_TYPES)),
            lambda key: f"/records/{quote(f'flask#{key}')}",
            lambda _: None,
        )
        # Leaving closes its input, by which it ends.


def _order() -> dict[str, Any]:
    return {
        "uuid": str(uuid.uuid4()),
        "Order Date": "11/21/26",
        "Item Type": "Snacks",
        "Sales Channel": "Online",
        "Units Sold": 3,
        "Unit Price": 1.5,
    }
