"""What may be told to subscribers of a request that is done: for who takes it, and who sends it.

The type and the recipient are attributes of the message, by which subscriptions filter; an SNS
message has 256 KiB with them, and no control characters ("Publish", Amazon SNS API Reference).
"""

import re
from typing import Any

LONGEST = {"type": 64, "recipient": 256, "message": 4096}
"""Members of a notice, and how many characters each has at most; the OpenAPI document says so."""

_TEXT = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]+")


def wrong_members(notice: dict[str, Any]) -> dict[str, str]:
    """Return what is wrong with the members of a notice, by their names: what each must be."""
    wrong = {name: f"is not one of: {', '.join(LONGEST)}" for name in notice if name not in LONGEST}
    for name, longest in LONGEST.items():
        value = notice.get(name)
        if not (isinstance(value, str) and _TEXT.fullmatch(value) and len(value) <= longest):
            wrong[name] = f"must be a text of 1 to {longest} characters, no control characters"
    return wrong
