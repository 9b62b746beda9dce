"""R-A8: executions end with the run that they belong to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[3]
TWO_RUNS = """
import sys, threading, time
from pathlib import Path
from embedded_aws.server import start
from embedded_aws.state import RUN
from tests.embedded_aws.workflows import machines

def running():
    return [each.name for each in threading.enumerate() if each.name.startswith("execution-")]

for _ in range(2):
    with start("123456789012", cache=Path(sys.argv[1])) as aws:
        assert not RUN.pending(), RUN.pending()
        rest = machines.chain(Rest={"Type": "Wait", "Seconds": 86_400})
        both = {"Type": "Parallel", "Branches": [rest]}
        definition = machines.chain(Both=both)
        machine = machines.make_machine(aws, definition)
        listed = machines.states(aws).list_executions(stateMachineArn=machine)
        assert listed["executions"] == []
        machines.start(aws, machine, name="same")
        assert running()
    while running():
        time.sleep(0.01)
print("ended")
"""


def test_executions_that_wait_end_at_once_when_the_run_ends(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TWO_RUNS, str(tmp_path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "ended\n"), done.stderr
