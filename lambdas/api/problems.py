"""What goes wrong with a request, as its client is told (RFC 9457)."""

from http import HTTPStatus
from typing import Any

TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
"""Names of RFC 9110 that Python before 3.13 does not have."""


class Problem(Exception):  # noqa: N818 - the name that RFC 9457 gives it
    """A request that ends with an error.

    Parameters
    ----------
    status : int
        HTTP status.
    detail : str
        One sentence for a person.
    headers : dict, optional
        Header fields of the answer.
    members : dict
        Further members of the problem, as the OpenAPI document has them.
    """

    def __init__(
        self, status: int, detail: str, headers: dict[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}
        self.members = members

    def document(self, request_id: str) -> dict[str, Any]:
        """Return the problem's document.

        Parameters
        ----------
        request_id : str
            By which the request is found in the logs.
        """
        return {
            "type": "about:blank",
            "title": title_of(self.status),
            "status": self.status,
            "detail": self.detail,
            "instance": f"urn:uuid:{request_id}",
            **self.members,
        }


def title_of(status: int) -> str:
    """Return the name of an HTTP status."""
    return TITLES.get(status) or HTTPStatus(status).phrase


def wrong_parameter(name: str, detail: str) -> Problem:
    """Return the problem of a query parameter."""
    return _not_valid({"parameter": name, "detail": detail})


def wrong_header(name: str, detail: str) -> Problem:
    """Return the problem of a header field."""
    return _not_valid({"header": name, "detail": detail})


def wrong_body(*errors: tuple[str, str]) -> Problem:
    """Return the problem of a body: JSON Pointers and what is wrong there."""
    return _not_valid(*({"pointer": pointer, "detail": detail} for pointer, detail in errors))


def unknown_dataset(name: str, known: list[str]) -> Problem:
    """Return the problem of a dataset that does not exist."""
    return Problem(404, f'There is no dataset "{name}".', datasets=known)


def unavailable(seconds: float, what: str = "service") -> Problem:
    """Return the problem of something that does not answer now, but may in some seconds."""
    after = {"Retry-After": str(max(1, round(seconds)))}
    detail = f"The {what} does not answer now. Nothing is lost by repeating the request."
    return Problem(503, detail, after)


def _not_valid(*errors: dict[str, str]) -> Problem:
    return Problem(400, "The request is not valid.", errors=list(errors))
