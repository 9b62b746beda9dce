"""What every function may do with X-Ray, as long as it is traced."""

from __future__ import annotations

from pipeline.config import Environment
from pipeline.identity.policy import Statement


def tracing_statements(environment: Environment) -> list[Statement]:
    """Return the permission to send traces, when ``functions.tracing`` is on (rows A11, E3).

    Lambda's own agent sends them with the function's role; no code of a function does. Neither
    action has a resource level (Service Authorization Reference, "AWS X-Ray").
    """
    if not environment.functions.tracing:
        return []
    actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    return [Statement(sid="SendTraces", actions=actions, resources=["*"])]
