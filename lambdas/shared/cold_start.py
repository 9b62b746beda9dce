"""What makes a cold start shorter and needs to know nothing of the function that starts.

Next to nothing that imports and clients leave behind is garbage, and all of it stays for as long as
the execution environment lives. Looking through it again and again takes a fifth of a cold start,
so the collector is kept away from it: first until it is there, then for good.
"""

import gc

_NOT_BEFORE_READY = 1_000_000
_AFTERWARDS = 10_000  # objects that come and go by the batch; Python's own 700 are one record


def begin() -> None:
    """Begin a cold start; the package of a function does it before anything else is imported."""
    gc.set_threshold(_NOT_BEFORE_READY)


def ready() -> None:
    """End a cold start ("gc.freeze", The Python Standard Library)."""
    gc.freeze()
    gc.set_threshold(_AFTERWARDS, 10, 10)
