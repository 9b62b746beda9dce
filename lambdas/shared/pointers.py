"""JSON Pointers (RFC 6901), the way in which a reason names a member of a record."""

from collections.abc import Iterable


def json_pointer(path: Iterable[str | int]) -> str:
    """Write a path of member names and array indexes as JSON Pointer.

    Examples
    --------
    >>> json_pointer(["a/b", 0])
    '/a~1b/0'
    """
    return "".join(f"/{str(token).replace('~', '~0').replace('/', '~1')}" for token in path)


def field_path(field: str) -> tuple[str, ...]:
    """Read a field of ``dataset.toml``: a member name, or a JSON Pointer when it begins with "/".

    Examples
    --------
    >>> field_path("Order Date"), field_path("/customer/id")
    (('Order Date',), ('customer', 'id'))
    """
    if not field.startswith("/"):
        return (field,)
    return tuple(
        token.replace("~1", "/").replace("~0", "~") for token in field.removeprefix("/").split("/")
    )


def member_at(record: object, path: Iterable[str]) -> object:
    """Return the value at a path of a record, None when there is none."""
    value = record
    for token in path:
        if isinstance(value, dict):
            value = value.get(token)
        elif isinstance(value, list) and token.isdecimal() and int(token) < len(value):
            value = value[int(token)]
        else:
            return None
    return value
