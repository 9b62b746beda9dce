"""``make local``: the whole pipeline on this machine, for any AWS client, until Ctrl-C."""

from __future__ import annotations

import sys
import time

from operations import ROOT, cdktf, toolchain
from operations.bootstrap import bootstrap
from operations.command_line import configuration, parser, run
from operations.embedded import LOG_FOLDER, EmbeddedAws, embedded_aws
from operations.errors import OperationError
from operations.packages import build_layer
from operations.progress import Progress
from pipeline.naming import Names

ENVIRONMENT_FILE = ROOT / "build" / "local.sh"


def main() -> int:
    """Deploy the environment of the command line and stay up."""
    arguments = parser("Deploy into an embedded AWS on this machine and keep it up.")
    arguments.add_argument(
        "--port", type=int, default=4566, help="the port on 127.0.0.1 (default: 4566; 0: any)"
    )
    given = arguments.parse_args()
    environment = configuration(given.environment)
    name = environment.environment
    toolchain.install()
    with embedded_aws(environment.account.id, ENVIRONMENT_FILE, given.port) as aws:
        build_layer(environment)
        with Progress(f"Synthesizing {name}"):
            cdktf.synth(aws.variables, name, cdktf.OUTPUT)
        bootstrap(environment, aws.session(), aws.endpoint)
        with Progress("Deploying both regions") as progress:
            cdktf.deploy(aws.variables, name, cdktf.OUTPUT, progress)
        _introduce(aws, Names(environment), environment.regions.primary, name)
        while aws.process.poll() is None:
            time.sleep(0.5)
    log = (LOG_FOLDER / "embedded-aws.log").relative_to(ROOT)
    raise OperationError(f"the embedded AWS has ended by itself; its output is in {log}")


def _introduce(aws: EmbeddedAws, names: Names, region: str, workspace: str) -> None:
    bucket, table = names.bucket("data-ingestion", region), names.table("processed-data")
    print(
        f"""
The pipeline is up at {aws.endpoint} until Ctrl-C. In another terminal, in this
folder (`aws` stands for any AWS client; the AWS CLI is not part of the project):

  source .venv/bin/activate && source {ENVIRONMENT_FILE.relative_to(ROOT)}
  aws s3 cp <file> s3://{bucket}/<dataset>/
  aws dynamodb scan --table-name {table} --max-items 3
  TF_WORKSPACE={workspace} cdktf diff primary
""",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(run(main))
