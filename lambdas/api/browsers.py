"""Header fields for browsers: which pages may call the API (CORS), and what they may not do."""

from collections.abc import Collection, Mapping

from api.exchange import Answer

SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}
_ASKED = (
    "Authorization, Content-Type, Idempotency-Key, X-Amz-Content-Sha256, X-Amz-Date,"
    " X-Amz-Security-Token, X-Api-Key"
)
_TOLD = "Location, Retry-After"


def cors_headers(origins: Collection[str], headers: Mapping[str, str]) -> dict[str, str]:
    """Return the header fields that let the page of an origin read an answer (Fetch Standard).

    Parameters
    ----------
    origins : collection of str
        Those that may; "*" is every one.
    headers : mapping
        Of the request, names in lower case.
    """
    if "*" in origins:
        return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": _TOLD}
    if not origins:
        return {}
    origin = headers.get("origin")
    if origin is None or origin not in origins:
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": _TOLD,
        "Vary": "Origin",
    }


def preflight(allowed: str) -> Answer:
    """Return the answer to OPTIONS, where API Gateway does not give it.

    Parameters
    ----------
    allowed : str
        Methods, with commas between them.
    """
    headers = {
        "Allow": allowed,
        "Access-Control-Allow-Methods": allowed,
        "Access-Control-Allow-Headers": _ASKED,
        "Access-Control-Max-Age": "600",
    }
    return Answer(204, headers=headers)
