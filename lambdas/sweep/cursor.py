"""Where a run ended and the next one goes on."""

import msgspec


class Cursor(msgspec.Struct, frozen=True, rename="camel"):
    """The last version that was looked at, in the order in which S3 lists versions.

    Parameters
    ----------
    prefix : str
        The dataset's prefix; "" before the first dataset.
    key, version_id : str
        The version; "" before the first one of the prefix.
    """

    prefix: str = ""
    key: str = ""
    version_id: str = ""


BEGINNING = Cursor()

_decoder = msgspec.json.Decoder(Cursor)


def encode(cursor: Cursor) -> bytes:
    """Return the content of the cursor's object."""
    return msgspec.json.encode(cursor)


def decode(content: bytes) -> Cursor:
    """Read a cursor; one that nobody can read is the beginning, which is always right."""
    try:
        return _decoder.decode(content)
    except msgspec.DecodeError:
        return BEGINNING
