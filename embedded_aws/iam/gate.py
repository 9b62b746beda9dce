"""The gate that every API call passes before moto's response classes see it.

Stands in for `moto.core.utils.convert_to_flask_response.__call__`, which all of moto's services
share. moto's own seam, `ActionAuthenticatorMixin._authenticate_and_authorize_action`, is reached
several times per S3 request, before the operation is known, and not at all on some of S3's paths.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask import Response
from flask import request as flask_request
from moto.core.utils import convert_to_flask_response
from werkzeug.exceptions import HTTPException

from embedded_aws.state import RUN

from .call import ApiCall
from .refusal import RefusedError, answer

if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[[ApiCall], None]
    Observer = Callable[[ApiCall, int, str], None]

ORDER = ("faults", "iam", "limits")
"""AWS asks first who may, then whether the request makes sense; who is cut off asks nobody."""

_checks: dict[str, Check] = {}
_observers: list[Observer] = []
_CODE = re.compile(rb'"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"')
_moto_call = convert_to_flask_response.__call__


def _through_the_gate(self: Any, args: Any = None, **kwargs: Any) -> Any:
    if flask_request.path.startswith("/moto-api"):
        return _moto_call(self, args, **kwargs)
    # The proxy behind Flask's `request` is bound to the thread; checks get the request itself.
    request = flask_request._get_current_object()  # type: ignore[attr-defined]
    call = ApiCall(request, self.callback.__module__)
    try:
        for name in ORDER:
            if name in _checks:
                _checks[name](call)
        answered = _moto_call(self, args, **kwargs)
        if call.afterwards is not None:
            call.afterwards()
        _tell(call, answered)
        return answered
    except RefusedError as refusal:
        error = refusal
    except (HTTPException, ConnectionError):  # moto's own refusals; an outage
        raise
    except Exception as problem:  # noqa: BLE001 - bugs, of a check or of moto, are answers, too
        text = f"{call.service}:{call.operation or request.method}: {problem!r}"
        RUN.error(text)
        error = RefusedError("InternalFailure", text, 500)
    for observer in _observers:
        observer(call, error.status, error.code)
    status, headers, body = answer(call, error)
    return Response(response=body, status=status, headers=headers)


def _tell(call: ApiCall, answered: Any) -> None:
    """Tell the observers of an answer that is an error."""
    status = int(getattr(answered, "status_code", 200))
    if status >= 400:
        found = None
        if "json" in str(answered.mimetype):
            found = _CODE.search(answered.get_data()[:2000])
        code = found[1].decode() if found else ""
        for observer in _observers:
            observer(call, status, code)


def observe(observer: Observer) -> None:
    """Let `observer` know of every error that is answered: the call, HTTP status and code."""
    if observer not in _observers:
        _observers.append(observer)


def register(name: str, check: Check) -> None:
    """Let `check` see every call; it raises `RefusedError` to stop one.

    Parameters
    ----------
    name
        One of `ORDER`; registering twice replaces.
    """
    if name not in ORDER:
        message = f"No gate check is named {name!r}: one of {', '.join(ORDER)}."
        raise ValueError(message)
    _checks[name] = check
    convert_to_flask_response.__call__ = _through_the_gate
