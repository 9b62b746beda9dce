"""Header fields for browsers: which pages may read answers (CORS), and what they may not do.

What a browser asks before, by OPTIONS, API Gateway answers itself.
"""

from collections.abc import Collection, Mapping

SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}
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
