"""What all commands share: arguments, the environment's configuration, errors without traceback."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from types import FrameType

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from operations import ROOT
from operations.errors import OperationError
from operations.processes import INTERRUPTS
from operations.toolchain import ToolchainError
from pipeline import PipelineError
from pipeline.config import Environment, available_environments, load_environment

INTERRUPTED = 130  # what a shell reports for a command that Ctrl-C ended


def parser(description: str) -> argparse.ArgumentParser:
    """Return an argument parser that knows ``--environment``."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument(
        "--environment",
        default="dev",
        metavar="NAME",
        help="a file of environments/, which is the Terraform workspace (default: dev)",
    )
    return made


def configuration(name: str) -> Environment:
    """Return an environment's configuration.

    Raises
    ------
    OperationError
        When there is none of this name.
    PipelineError
        With everything that is wrong in it.
    """
    folder = ROOT / "environments"
    known = available_environments(folder)
    if name not in known:
        raise OperationError(
            f"there is no environment {name!r}; there are: {', '.join(known)}. Choose one with"
            f" ENV=<name>, or describe it in environments/{name}.toml"
        )
    return load_environment(name, folder)


def run(command: Callable[[], int]) -> int:
    """Run a command and turn what went wrong into one message and an exit code.

    Returns
    -------
    int
        The command's own code; 1 after an error; 130 after Ctrl-C, a termination signal or
        the end of the terminal.
    """
    for number in INTERRUPTS:
        # `nohup` has it ignored, and so it stays.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        return command()
    except (OperationError, ToolchainError, PipelineError) as error:
        print(f"error: {error}", file=sys.stderr)
    except (Boto3Error, BotoCoreError, ClientError) as error:
        print(f"error: AWS: {error}", file=sys.stderr)
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        # Not by a handler of Python: the interpreter takes those back before it ends.
        for number in INTERRUPTS:
            signal.signal(number, signal.SIG_IGN)
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
    return 1


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    # Once: a second one must not cut off the shutdown that the first one began.
    for number in INTERRUPTS:
        signal.signal(number, lambda *_: None)
    raise KeyboardInterrupt
