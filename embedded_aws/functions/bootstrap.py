"""First code of a sandbox's child process: runs AWS's runtime interface client.

The parent holds the other end of standard input open and never writes: the end of that file means
that the parent is gone, however it died, and the child follows with everything it started.
"""

import os
import signal
import sys
import threading


def _follow_parent(lifeline: int, folder: str) -> None:
    os.read(lifeline, 1)
    import shutil  # noqa: PLC0415 - not in a function's cold start

    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _main() -> None:
    lifeline = os.dup(0)
    os.set_inheritable(lifeline, False)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    threading.Thread(
        target=_follow_parent, args=(lifeline, os.environ["TMPDIR"]), daemon=True
    ).start()
    from awslambdaric.__main__ import main  # noqa: PLC0415 - after the lifeline stands

    main(["awslambdaric", sys.argv[1]])


if __name__ == "__main__":
    _main()
