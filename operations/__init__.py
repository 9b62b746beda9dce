"""What an operator runs: toolchain, bootstrap, deploy, demo.

``constructs`` is a source root like ``src``, so it is put on the import path here once.
"""

import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

if sys.argv[0] == "-m":
    # Python is still importing what it shall run: a Ctrl-C now just ends it, without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

sys.path.insert(0, str(ROOT / "constructs"))
