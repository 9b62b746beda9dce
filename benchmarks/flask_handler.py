"""The floor under the API: a bare Flask handler, one call of DynamoDB for each request.

``python -m benchmarks.flask_handler TABLE`` prints its port and serves until its input ends.
"""

from __future__ import annotations

import signal
import sys
import threading

import boto3
from flask import Flask, request
from werkzeug.serving import WSGIRequestHandler, make_server

TIMESTAMP = "2026-11-21T05:00:00.000000Z"


class _KeptAlive(WSGIRequestHandler):
    """Connections last, as API Gateway's do."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """Say nothing: a line for each request would be a part of what is measured."""


def application(table: str) -> Flask:
    """Return the handler."""
    app, client = Flask(__name__), boto3.client("dynamodb")

    @app.get("/records/<record_id>")
    def read(record_id: str) -> dict[str, object]:
        key = {"recordId": {"S": record_id}, "timestamp": {"S": TIMESTAMP}}
        item = client.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
        return {name: value["S"] for name, value in item.items()}

    @app.post("/process")
    def write() -> tuple[dict[str, str], int]:
        record = {name: {"S": str(value)} for name, value in request.get_json()["record"].items()}
        record_id = f"flask#{record['uuid']['S']}"
        item = {**record, "recordId": {"S": record_id}, "timestamp": {"S": TIMESTAMP}}
        client.put_item(TableName=table, Item=item)
        return {"recordId": record_id}, 202

    return app


def main() -> None:
    """Serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it ends it
    app = application(sys.argv[1])
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_KeptAlive)
    print(server.port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
