"""Settings that are fine one by one and impossible together.

The checks read the raw file, so that they are reported beside wrong types and unknown keys
and not only when everything else is right.
"""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pipeline.config.api import Api, Identity
from pipeline.config.ci import Ci
from pipeline.config.model import Data, Naming, Regions, Release, Workflow
from pipeline.config.problems import MISSING, Problem
from pipeline.config.regions import partitions_by_region

_MODELS: dict[str, type[BaseModel]] = {
    "api": Api,
    "ci": Ci,
    "data": Data,
    "identity": Identity,
    "naming": Naming,
    "regions": Regions,
    "release": Release,
    "workflow": Workflow,
}
_DEFAULTS: dict[str, Any] = {
    f"{section}.{name}": field.get_default(call_default_factory=False)
    for section, model in _MODELS.items()
    for name, field in model.model_fields.items()
    if not field.is_required()
}

_Get = Callable[[str], Any]


def combination_problems(
    file: str, name: str, raw: dict[str, Any], wrong: set[str]
) -> list[Problem]:
    """Return what is impossible between the settings of one file.

    Parameters
    ----------
    wrong : set of str
        Keys that are wrong by themselves; what depends on them is not judged.
    """

    def get(key: str) -> Any:
        return None if key in wrong else _lookup(raw, key)

    found = [
        _file_name(get, name),
        _protected_and_disposable(get),
        _same_region(get),
        _partitions(get),
        _suffix_placeholder(get),
        _tokens_without_users(get),
        _requests_without_workflow(get),
        _steps_before_the_canary(get),
        _roles_without_account(get),
        _domain_or_zone_alone(get, wrong),
        _domain_without_api(get),
    ]
    return [Problem(file, *problem) for problem in found if problem]


def singleton_problems(file: str, name: str, raw: dict[str, Any], folder: Path) -> list[Problem]:
    """Return a problem when two environments own the same account's once-per-account stack."""
    account = _lookup(raw, "account.id")
    if _lookup(raw, "account.singletons") is not True or account is None:
        return []
    others = []
    for path in sorted(folder.glob("*.toml")):
        other = _parsed(path) if path.stem != name else {}
        owns = _lookup(other, "account.singletons") is True
        if owns and _lookup(other, "account.id") == account:
            others.append(f"{folder.name}/{path.name}")
    if not others:
        return []
    allowed = (
        f"may be true in one environment of account {account} only; it also is in "
        f"{', '.join(others)}"
    )
    return [Problem(file, "account.singletons", True, allowed)]


def _lookup(raw: dict[str, Any], key: str) -> Any:
    value: Any = raw
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            return _DEFAULTS.get(key)
        value = value[part]
    return value


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError):  # its own load reports what is wrong with it
        return {}


_Found = tuple[str, Any, str] | None


def _file_name(get: _Get, name: str) -> _Found:
    value = get("environment")
    if value is None or value == name:
        return None
    return "environment", value, f'must be "{name}", the name of the file'


def _protected_and_disposable(get: _Get) -> _Found:
    if get("data.disposable") is True and get("data.deletion_protection") is True:
        return (
            "data.disposable",
            True,
            "is impossible with data.deletion_protection = true: set one of them to false",
        )
    return None


def _same_region(get: _Get) -> _Found:
    primary, secondary = get("regions.primary"), get("regions.secondary")
    if primary is None or primary != secondary:
        return None
    return "regions.secondary", secondary, "must be another region than regions.primary"


def _partitions(get: _Get) -> _Found:
    known = partitions_by_region()
    primary, secondary = get("regions.primary"), get("regions.secondary")
    if primary is None or secondary is None or known[primary] == known[secondary]:
        return None
    allowed = f"must be in the partition of regions.primary, {known[primary]}"
    return "regions.secondary", secondary, f"{allowed}; it is in {known[secondary]}"


def _suffix_placeholder(get: _Get) -> _Found:
    pattern = get("naming.pattern")
    if not isinstance(pattern, str) or "{suffix}" not in pattern or get("naming.suffix"):
        return None
    return "naming.suffix", MISSING, "is needed, because naming.pattern contains {suffix}"


def _tokens_without_users(get: _Get) -> _Found:
    needed = get("api.enabled") is True and get("api.authorization") == "cognito"
    if not needed or get("identity.enabled") is not False:
        return None
    return (
        "api.authorization",
        "cognito",
        'is impossible with identity.enabled = false: set that to true, or this to "iam"',
    )


def _requests_without_workflow(get: _Get) -> _Found:
    if get("api.enabled") is not True or get("workflow.enabled") is not False:
        return None
    return (
        "workflow.enabled",
        False,
        "is impossible with api.enabled = true: POST /process starts the workflow",
    )


def _steps_before_the_canary(get: _Get) -> _Found:
    canary, steps = get("release.canary_percent"), get("release.steps")
    if not isinstance(canary, int) or not isinstance(steps, list) or not steps:
        return None
    if not isinstance(steps[0], int) or steps[0] > canary:
        return None
    return "release.steps", steps, f"must begin above release.canary_percent = {canary}"


def _roles_without_account(get: _Get) -> _Found:
    repository = get("ci.repository")
    if repository is None or get("account.singletons") is True:
        return None
    return "ci.repository", repository, "is impossible without account.singletons = true"


def _domain_or_zone_alone(get: _Get, wrong: set[str]) -> _Found:
    domain, zone = get("api.domain"), get("api.hosted_zone_id")
    if (domain is None) == (zone is None) or wrong & {"api.domain", "api.hosted_zone_id"}:
        return None
    given, missing = ("domain", "hosted_zone_id") if zone is None else ("hosted_zone_id", "domain")
    return f"api.{missing}", MISSING, f"is needed, because api.{given} is given"


def _domain_without_api(get: _Get) -> _Found:
    domain = get("api.domain")
    if domain is None or get("api.enabled") is not False:
        return None
    return "api.domain", domain, "is impossible with api.enabled = false"
