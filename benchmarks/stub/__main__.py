"""``python -m benchmarks.stub RECORDS LATENCY``: prints the port, serves until its input ends."""

import signal
import sys

from benchmarks.stub.server import Server
from benchmarks.stub.services import Services


def main() -> None:
    """Serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it ends it
    records, latency = int(sys.argv[1]), float(sys.argv[2])
    server = Server(Services(records), latency)
    print(server.port, flush=True)
    server.run(sys.stdin.fileno())


main()
