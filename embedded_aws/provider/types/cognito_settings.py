"""Settings of Cognito, which Terraform and AWS call by the same names in other letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embedded_aws.provider.resource_type import State

_SPELLED = {
    "invite_message_template.sms_message": "SMSMessage",
    "custom_sms_sender": "CustomSMSSender",
    "kms_key_id": "KMSKeyID",
}


def camel(name: str, inside: str = "") -> str:
    """Return `require_numbers` as `RequireNumbers`."""
    special = _SPELLED.get(f"{inside}.{name}") or _SPELLED.get(name)
    return special or "".join(part.capitalize() for part in name.split("_"))


def to_aws(settings: State, inside: str = "") -> dict[str, Any]:
    """Return a block as AWS takes it, without what is not set.

    Parameters
    ----------
    settings
        The attributes of a block; a block inside it is a list of one.
    inside
        Name of the block around it.
    """
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if value is None or value in ([], {}, ""):
            continue
        if isinstance(value, list) and isinstance(value[0], dict):
            found[camel(name, inside)] = to_aws(value[0], name)
        else:
            whole = isinstance(value, float) and value.is_integer()
            found[camel(name, inside)] = int(value) if whole else value
    return found


def from_aws(settings: State, answer: dict[str, Any], inside: str = "") -> State:
    """Return what AWS says now of those settings that stand in a block.

    Parameters
    ----------
    settings
        The block as the state has it.
    answer
        What AWS says; what it does not tell stays as it is.
    """
    found: State = {}
    for name, value in settings.items():
        now = answer.get(camel(name, inside), value)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            now = [from_aws(value[0], now if isinstance(now, dict) else {}, name)]
        found[name] = None if value is None else now
    return found
