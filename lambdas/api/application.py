"""The API: from an event of API Gateway to the answer that it takes."""

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from api.browsers import SECURITY, cors_headers
from api.deadline import Deadline
from api.exchange import Answer, Request
from api.problems import Problem, unavailable
from api.reporting import Reporting
from shared.aws_clients import is_transient
from shared.circuit_breaker import CircuitOpenError

Operation = Callable[[Request, Deadline], Answer]
Routes = Mapping[str, Mapping[str, Operation]]
"""Resource -> method -> operation."""

_RETRY_SECONDS = 2.0


class Application:
    """Answers requests; whatever goes wrong, the answer is a problem and no traceback.

    Parameters
    ----------
    routes : Routes
        What is answered.
    origins : collection of str
        Whose pages may call the API.
    reporting : Reporting
        What is told of requests.
    """

    def __init__(self, routes: Routes, origins: Collection[str], reporting: Reporting) -> None:
        self._routes = routes
        self._origins = origins
        self._reporting = reporting

    def answer(self, event: Mapping[str, Any], remaining: float) -> dict[str, Any]:
        """Answer a request.

        Parameters
        ----------
        event : mapping
            Of a Lambda proxy integration, format 1.0.
        remaining : float
            Seconds until Lambda ends the invocation.
        """
        began = time.monotonic()
        request = Request.of(event)
        answer = self._answer(request, Deadline(remaining))
        self._reporting.answered(request, answer, (time.monotonic() - began) * 1000)
        return answer.to_event(SECURITY | cors_headers(self._origins, request.headers))

    def _answer(self, request: Request, deadline: Deadline) -> Answer:
        try:
            return self._dispatch(request, deadline)
        except Problem as problem:
            return Answer.of_problem(problem, request.id)
        except Exception as error:  # noqa: BLE001 - API Gateway would tell nothing but 502
            self._reporting.failed(error)
            return Answer.of_problem(_told(error), request.id)

    def _dispatch(self, request: Request, deadline: Deadline) -> Answer:
        methods = self._routes.get(request.resource)
        if methods is None:
            raise Problem(404, "There is no such resource.")
        if request.method not in methods:
            allowed = ", ".join(sorted(methods))
            raise Problem(405, f"This resource has: {allowed}.", {"Allow": allowed})
        return methods[request.method](request, deadline)


def _told(error: Exception) -> Problem:
    """Return what a client is told of an error: whether to come again, and nothing of its cause."""
    if isinstance(error, CircuitOpenError):
        return unavailable(error.seconds, error.dependency)
    if is_transient(error):
        return unavailable(_RETRY_SECONDS)
    return Problem(500, "The request failed; the log has the cause.")
