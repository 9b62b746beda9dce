"""`python -m embedded_aws`: the embedded AWS until it is interrupted."""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import signal
import sys
import threading
from pathlib import Path

from embedded_aws.server import start
from embedded_aws.state import (
    ADMIN_ACCESS_KEY,
    ADMIN_SECRET_KEY,
    DEFAULT_ACCOUNT,
    EmbeddedAwsError,
)

DESCRIPTION = "An AWS account inside one process, on loopback, until Ctrl-C."
FIRST_START = "first start with this cache: reading the AWS provider's schema, some seconds ..."


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m embedded_aws", description=DESCRIPTION)
    parser.add_argument(
        "--account", default=DEFAULT_ACCOUNT, help="AWS account id, 12 digits (%(default)s)"
    )
    parser.add_argument("--port", type=int, default=0, help="TCP port; 0 takes a free one")
    parser.add_argument(
        "--environment-file", type=Path, help="written with export lines for a shell, when ready"
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path("build/embedded-aws"),
        help="folder for unpacked functions, wheels and the provider's schema (%(default)s)",
    )
    parser.add_argument(
        "--time-scale",
        type=float,
        default=0.01,
        help="factor on AWS's waiting times, such as the minutes between asynchronous retries",
    )
    return parser.parse_args(arguments)


def environment(endpoint: str, reattach: str) -> dict[str, str]:
    """Return the variables with which AWS clients, CDKTF and Terraform reach the embedded AWS."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        # Some operations have a host of their own, such as sync-<host>: an address has none.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_ACCESS_KEY_ID": ADMIN_ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ADMIN_SECRET_KEY,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "TF_REATTACH_PROVIDERS": reattach,
        # A reattached provider has no version to lock; without this `cdktf` asks a registry.
        "TF_CLI_ARGS_providers_lock": "-version",
        "TF_CLI_CONFIG_FILE": os.devnull,
        "CHECKPOINT_DISABLE": "1",
    }


def write_environment(path: Path, variables: dict[str, str]) -> None:
    """Write `export` lines, all or nothing: a reader never sees half a file.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    text = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as problem:
        with contextlib.suppress(OSError):
            temporary.unlink()
        reason = f"--environment-file cannot be written: {problem.strerror}"
        raise OSError(problem.errno, reason, str(path)) from problem


def run(arguments: argparse.Namespace) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises
    ------
    EmbeddedAwsError
        It cannot start; the message says why.
    OSError
        A file cannot be written: the disk is full, or a path is wrong.
    """
    stop, ready = threading.Event(), threading.Event()

    def end(*_: object) -> None:
        stop.set()
        if not ready.is_set():
            raise KeyboardInterrupt  # whoever waits for the start need not wait for its end

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    if not 0 <= arguments.port <= 65535:
        raise EmbeddedAwsError(f"--port {arguments.port}: give a port from 0 to 65535")
    if arguments.time_scale < 0:
        raise EmbeddedAwsError(f"--time-scale {arguments.time_scale}: must not be negative")
    with start(
        arguments.account,
        arguments.port,
        cache=arguments.cache,
        time_scale=arguments.time_scale,
    ) as running:
        from embedded_aws.provider import serve  # noqa: PLC0415 - its schema takes a while

        if not any(arguments.cache.glob("aws-provider-schema-*")):
            print(FIRST_START, file=sys.stderr, flush=True)
        provider = serve(running.endpoint, cache=arguments.cache)
        try:
            variables = environment(running.endpoint, provider.reattach)
            if arguments.environment_file:
                write_environment(arguments.environment_file, variables)
            ready.set()
            print(f"embedded AWS, account {arguments.account}: {running.endpoint}", flush=True)
            stop.wait()
        finally:
            provider.stop(grace=0.2)
            if arguments.environment_file:
                with contextlib.suppress(OSError):
                    arguments.environment_file.unlink()


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status: 2 for a wrong argument, 1 for the disk."""
    try:
        run(_arguments(arguments))
    except EmbeddedAwsError as problem:
        print(f"embedded_aws: {problem}", file=sys.stderr)
        return 2
    except OSError as problem:
        where = f": {problem.filename}" if problem.filename else ""
        print(f"embedded_aws: {problem.strerror or problem}{where}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before it was ready
        return 0
    return 0


if __name__ == "__main__":
    status = main()
    with contextlib.suppress(OSError):  # nobody is left to tell
        sys.stdout.flush()
    # Threads that wait in a long poll would hold up the interpreter's own exit.
    os._exit(status)
