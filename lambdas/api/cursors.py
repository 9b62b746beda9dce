"""Cursors: where a page ended, in a form that nobody but this function can make.

A cursor is a place and a signature over place and query, in base64url without padding. So one that
was damaged, made up or taken from another query is known, and no place has to be checked.
"""

import base64
import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

import msgspec

from api.problems import Problem, wrong_parameter
from shared.aws_secret import Secret

_KEY = "cursorKey"
_SIGNATURE_BYTES = 16

_Place = TypeVar("_Place", bound=msgspec.Struct)


class Cursors:
    """Signs places and checks cursors.

    Parameters
    ----------
    secret : Secret
        With the member ``cursorKey``. After a rotation the version before is taken, too, so that
        nobody loses the place.
    """

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def write(self, place: msgspec.Struct, query: tuple[str, ...]) -> str:
        """Return the cursor of a place in the answer to a query."""
        content = msgspec.msgpack.encode(place)
        signature = _signature(self._secret.current(_KEY), content, query)
        return _written(signature + content)

    def read(self, cursor: str, query: tuple[str, ...], kind: type[_Place]) -> _Place:
        """Return the place of a cursor.

        Parameters
        ----------
        cursor : str
            As a client sent it.
        query : tuple of str
            What it must have been made for.
        kind : type
            Of the place.

        Raises
        ------
        Problem
            400: it is none of this query's.
        """
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            raise _wrong() from None
        signature, content = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        # Base64 can be written in more than one way; a cursor is as it was made, or none.
        is_as_made = _written(raw) == cursor
        if not is_as_made or not self._has_signed(signature, content, query):
            raise _wrong()
        # What is signed was made above; only its form could be that of an earlier release.
        try:
            return msgspec.msgpack.decode(content, type=kind)
        except msgspec.DecodeError:
            raise _wrong() from None

    def _has_signed(self, signature: bytes, content: bytes, query: tuple[str, ...]) -> bool:
        def fits(key: str | None) -> bool:
            return key is not None and hmac.compare_digest(
                signature, _signature(key, content, query)
            )

        readers: tuple[Callable[[str], str | None], ...] = (
            self._secret.current,
            self._secret.previous,
        )
        if any(fits(read(_KEY)) for read in readers):
            return True
        return self._secret.doubt() and any(fits(read(_KEY)) for read in readers)


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _signature(key: str, content: bytes, query: tuple[str, ...]) -> bytes:
    message = msgspec.msgpack.encode((query, content))
    return hmac.digest(key.encode(), message, sha256)[:_SIGNATURE_BYTES]


def _wrong() -> Problem:
    return wrong_parameter("cursor", "is no cursor of this query")
