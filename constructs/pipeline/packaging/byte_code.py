"""Byte code for the functions' runtime, when the Python that builds is of its version.

It halves a cold start. Another version's Python cannot make it, and so leaves it out.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pipeline.packaging.archive import PackagingError

# A fresh interpreter compiles everything in one order: in a process that had imported other
# modules before, some files came out with other bytes. `unchecked-hash` (PEP 552) holds no date of
# the source and makes the runtime look at none.
_COMPILE = """
import py_compile, sys
from pathlib import Path
folder, root = Path(sys.argv[1]), sys.argv[2]
for source in sorted(folder.rglob("*.py")):
    name = source.relative_to(folder).as_posix()
    try:
        py_compile.compile(
            str(source),
            dfile=f"{root}/{name}",
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    except py_compile.PyCompileError:
        pass  # templates and code for other versions, which nothing imports
"""


def byte_code_tag(runtime: str) -> str:
    """Return what the byte code depends on besides the sources, ``""`` when there is none.

    Parameters
    ----------
    runtime : str
        Lambda's name of the runtime, such as ``python3.13``.
    """
    own = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return sys.version if own == runtime else ""


def with_byte_code(files: Mapping[str, bytes], runtime: str, root: str) -> dict[str, bytes]:
    """Return files with the byte code of every module beside it.

    Parameters
    ----------
    files : mapping of str to bytes
        Names inside the zip and their content.
    runtime : str
        Lambda's name of the runtime.
    root : str
        Where Lambda unpacks the zip: what tracebacks say, and nothing of this machine.
    """
    if not byte_code_tag(runtime):
        return dict(files)
    with tempfile.TemporaryDirectory(prefix="byte-code-") as folder:
        for name, content in files.items():
            if name.endswith(".py"):
                source = Path(folder, name)
                source.parent.mkdir(parents=True, exist_ok=True)
                source.write_bytes(content)
        # The seed decides the order of sets, and so of some constants.
        environment = {"PYTHONHASHSEED": "0", "PATH": os.defpath}
        command = [sys.executable, "-P", "-S", "-s", "-c", _COMPILE, folder, root]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PackagingError(f"the functions' byte code cannot be made: {done.stderr.strip()}")
        compiled = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in Path(folder).rglob("*.pyc")
        }
    return {**files, **compiled}
