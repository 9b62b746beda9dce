"""The CDK for Terraform app: one environment in, the Terraform JSON of its stacks out.

``cdktf synth`` and ``cdktf deploy`` run it; ``TF_WORKSPACE`` names the environment.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
_OPTIONS = ["-O"]


def main() -> int:
    """Synthesize the stacks of the environment that ``TF_WORKSPACE`` names.

    Returns
    -------
    int
        0, or 1 after a message on standard error that says what is wrong and what is allowed.
    """
    _use_the_projects_python()
    _save_time()
    sys.path.insert(0, str(ROOT / "constructs"))
    from pipeline import PipelineError  # noqa: PLC0415  (needs the path above)
    from pipeline.synth import synthesize  # noqa: PLC0415

    try:
        synthesize(ROOT, os.environ.get("TF_WORKSPACE", ""), os.environ.get("CDKTF_OUTDIR"))
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _save_time() -> None:
    """Do without what a process of a second does not need: a third of its time.

    ``cdktf.json`` says ``-O`` for the same reason: it leaves out the bindings' type checks, which
    mypy and the tests do. Its byte code has to be kept, or each synth would compile it anew.
    """
    gc.disable()
    sys.dont_write_bytecode = False


def _use_the_projects_python() -> None:
    """Go on with .venv's Python where ``cdktf`` started one that lacks the packages."""
    own = ROOT / ".venv" / "bin" / "python"
    if find_spec("cdktf") is None and own.exists() and Path(sys.prefix) != ROOT / ".venv":
        os.execv(own, [str(own), *_OPTIONS, *sys.argv])  # noqa: S606


if __name__ == "__main__":
    sys.exit(main())
