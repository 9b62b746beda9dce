"""From an access key to the role session or user that calls, with the policies that bind it.

A key that neither STS nor IAM handed out is the administrator's ("test", for example): the root of
the embedded account, who is not judged, not even by a bucket policy. Signatures are not checked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from embedded_aws.state import RUN

from .policy import Decision, Document, parse
from .refusal import RefusedError


@dataclass
class Bound:
    """The parsed policies of a principal, valid while their texts are."""

    texts: tuple[Any, ...]
    identity: tuple[Document, ...]
    boundary: Document | None
    session_policy: Document | None
    decisions: dict[Any, Decision] = field(default_factory=dict)

    def __post_init__(self) -> None:
        limits = [limit for limit in (self.boundary, self.session_policy) if limit is not None]
        documents = [*self.identity, *limits]
        self._documents = documents
        self._keys: dict[str, frozenset[str]] = {}

    def keys_for(self, action: str) -> frozenset[str]:
        """Give the condition keys that the policies look at when they judge the action."""
        keys = self._keys.get(action)
        if keys is None:
            found = (document.keys_for(action) for document in self._documents)
            keys = self._keys[action] = frozenset[str]().union(*found)
        return keys


@dataclass
class Principal:
    """Who calls.

    Parameters
    ----------
    arn
        ARN of the assumed-role session or of the user, as AWS prints it in messages.
    name
        Name of the role or user, used in the run's report.
    iam_arn
        ARN of the role or user, with its path: `aws:PrincipalArn`.
    holder
        moto's role or user; None when the role was deleted meanwhile.
    session
        moto's assumed role, None for a user.
    """

    arn: str
    name: str
    iam_arn: str
    holder: Any | None
    session: Any | None = None
    _bound: Bound | None = None

    def policies(self) -> Bound:
        """Give the policies as they stand now; parsed again only when one changed."""
        texts = self._texts()
        if self._bound is None or self._bound.texts != texts:
            identity, boundary, session_policy = texts
            self._bound = Bound(
                texts,
                tuple(parse(text) for text in identity),
                parse(boundary) if boundary is not None else None,
                parse(session_policy) if session_policy else None,
            )
        return self._bound

    def _texts(self) -> tuple[tuple[str, ...], str | None, str | None]:
        session_policy = self.session.policy if self.session is not None else None
        if self.holder is None:
            return (), None, session_policy
        identity = _attached(self.holder)
        if self.session is None:
            for group in iam_backends[RUN.account]["aws"].get_groups_for_user(self.name):
                identity += _attached(group)
        return tuple(identity), _boundary(self.holder), session_policy


def _attached(holder: Any) -> list[str]:
    managed = [_default_version(policy) for policy in list(holder.managed_policies.values())]
    return [*holder.policies.values(), *managed]


def _default_version(policy: Any) -> str:
    return next(str(v.document) for v in policy.versions if v.is_default)


NOTHING = '{"Statement": []}'


def _boundary(holder: Any) -> str | None:
    boundary = getattr(holder, "permissions_boundary_arn", None)
    if not boundary:
        return None
    policy = iam_backends[RUN.account]["aws"].managed_policies.get(boundary)
    return NOTHING if policy is None else _default_version(policy)


_known: dict[str, Principal] = {}
_strangers: dict[str, tuple[int, int]] = {}


def find(access_key: str) -> Principal | None:
    """Find the principal of an access key; None for the administrator."""
    known = _known.get(access_key)
    if known is not None and _still_there(known):
        return known
    sessions = sts_backends[RUN.account]["aws"].assumed_roles
    users = iam_backends[RUN.account]["aws"].users
    seen = (id(sessions), len(sessions) + sum(len(user.access_keys) for user in users.values()))
    if _strangers.get(access_key) == seen:
        return None
    principal = _session(access_key, sessions) or _user(access_key, users)
    if principal is None:
        _strangers[access_key] = seen
    else:
        _known[access_key] = principal
    return principal


def forget() -> None:
    """Drop every principal; used when a run begins."""
    _known.clear()
    _strangers.clear()


def _still_there(principal: Principal) -> bool:
    iam = iam_backends[RUN.account]["aws"]
    if principal.session is None:
        return iam.users.get(principal.name) is principal.holder
    if principal.holder is None:
        return False
    return iam.roles.get(principal.holder.id) is principal.holder


def _session(access_key: str, sessions: list[Any]) -> Principal | None:
    session = next((s for s in reversed(sessions) if s.access_key_id == access_key), None)
    if session is None:
        return None
    name = session.role_arn.rpartition("/")[2]
    roles = iam_backends[RUN.account]["aws"].roles.values()
    role = next((r for r in list(roles) if r.name == name), None)
    iam_arn = role.arn if role is not None else session.role_arn
    return Principal(session.arn, name, iam_arn, role, session)


def _user(access_key: str, users: dict[str, Any]) -> Principal | None:
    for user in list(users.values()):
        if any(key.access_key_id == access_key for key in user.access_keys):
            return Principal(user.arn, user.name, user.arn, user)
    return None


def check_token(principal: Principal, token: str | None) -> None:
    """Refuse a session whose token is missing, another's, or too old.

    Raises
    ------
    RefusedError
        With AWS's code for the case.
    """
    session = principal.session
    if session is None:
        return
    if token != session.session_token:
        message = "The security token included in the request is invalid."
        raise RefusedError("InvalidClientTokenId", message, 403)
    if session.expiration < utcnow():
        message = "The security token included in the request is expired"
        raise RefusedError("ExpiredTokenException", message, 403)
