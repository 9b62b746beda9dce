"""The judge: what a policy document says about one request. Pure, and knows no server.

Judged: Effect, Action, NotAction, Resource, NotResource, Principal, NotPrincipal, Condition with
every operator of the IAM reference, policy variables, the explicit deny over every allow, the
permissions boundary and the session policy, and the union of identity-based and resource-based
policies within one account.

Not judged: service and resource control policies, VPC endpoint policies, S3 access points, ACLs
and cross-account access. An embedded account is alone in its world.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .conditions import Condition, parse_conditions
from .wildcards import Context, action_matches, arn_matches, substitute, with_literals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Effect(Enum):
    """What the documents of one kind say."""

    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicit deny"
    EXPLICIT_DENY = "explicit deny"


@dataclass(frozen=True)
class Request:
    """What is asked: an IAM action on a resource ARN, with the condition keys of the request."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """The outcome, and the kind of policy that decided it (AWS names it in its messages)."""

    effect: Effect
    policy_type: str = "identity-based policy"

    @property
    def allowed(self) -> bool:
        """Whether the request may go on."""
        return self.effect is Effect.ALLOWED


def listed(element: object) -> tuple[Any, ...]:
    """Give the values of an element that may be one value or a list."""
    return tuple(element) if isinstance(element, list) else (element,)


class Statement:
    """One statement of a policy document, parsed once."""

    def __init__(self, element: Mapping[str, Any]) -> None:
        self.denies = element["Effect"] == "Deny"
        self.not_action = "NotAction" in element
        self.actions = listed(element.get("NotAction", element.get("Action", [])))
        self.not_resource = "NotResource" in element
        self.resources = listed(element.get("NotResource", element.get("Resource", "*")))
        self.not_principal = "NotPrincipal" in element
        self.principal: Any = element.get("NotPrincipal", element.get("Principal"))
        self.conditions: tuple[Condition, ...] = parse_conditions(element.get("Condition", {}))

    @property
    def keys(self) -> frozenset[str]:
        """The condition keys on which this statement depends."""
        variables = {
            part.partition("}")[0].partition(",")[0].strip().lower()
            for resource in self.resources
            for part in resource.split("${")[1:]
        }
        return frozenset(variables).union(*(condition.keys for condition in self.conditions))

    def concerns(self, action: str) -> bool:
        """Whether the statement speaks of the action."""
        return any(action_matches(pattern, action) for pattern in self.actions) != self.not_action

    def applies(self, request: Request) -> bool:
        """Whether action, resource and conditions all match, the principal left aside."""
        if not self.concerns(request.action):
            return False
        if self._names_resource(request) == self.not_resource:
            return False
        return all(condition.holds(request.context) for condition in self.conditions)

    def _names_resource(self, request: Request) -> bool:
        for pattern in self.resources:
            if "${" not in pattern:
                if arn_matches(pattern, request.resource):
                    return True
                continue
            replaced = substitute(pattern, request.context)
            if replaced is not None and arn_matches(replaced, with_literals(request.resource)):
                return True
        return False


@dataclass(frozen=True)
class Document:
    """A policy document, parsed."""

    statements: tuple[Statement, ...]
    _keys: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    def keys_for(self, action: str) -> frozenset[str]:
        """Give the condition keys on which the document's outcome for the action depends."""
        keys = self._keys.get(action)
        if keys is None:
            concerned = (s.keys for s in self.statements if s.concerns(action))
            keys = self._keys[action] = frozenset[str]().union(*concerned)
        return keys


@lru_cache(maxsize=2048)
def parse(text: str) -> Document:
    """Parse a document's JSON, once per text.

    Raises
    ------
    ValueError
        When the text is no JSON, lacks an element or uses an unknown condition operator.
    """
    loaded = json.loads(text)
    try:
        return Document(tuple(Statement(element) for element in listed(loaded["Statement"])))
    except (KeyError, TypeError, AttributeError) as error:
        message = f"The policy document lacks or misspells an element: {error}."
        raise ValueError(message) from error


def _outcome(statements: Iterable[Statement], request: Request) -> Effect:
    effect = Effect.IMPLICIT_DENY
    for statement in statements:
        if statement.applies(request):
            if statement.denies:
                return Effect.EXPLICIT_DENY
            effect = Effect.ALLOWED
    return effect


def _together(documents: Sequence[Document], request: Request) -> Effect:
    return _outcome((s for document in documents for s in document.statements), request)


def evaluate_identity(
    documents: Sequence[Document],
    request: Request,
    *,
    boundary: Document | None = None,
    session_policy: Document | None = None,
) -> Decision:
    """Judge the policies of a role or user alone.

    Parameters
    ----------
    documents
        Inline and managed policies, those of a user's groups included.
    request
        Action, resource and condition context.
    boundary
        The permissions boundary: what it does not allow is denied.
    session_policy
        The policy given to AssumeRole: what it does not allow is denied.
    """
    layers = [
        ("identity-based policy", _together(documents, request)),
        *(
            (name, _together([limit], request))
            for name, limit in (
                ("permissions boundary", boundary),
                ("session policy", session_policy),
            )
            if limit is not None
        ),
    ]
    for wanted in (Effect.EXPLICIT_DENY, Effect.IMPLICIT_DENY):
        for name, effect in layers:
            if effect is wanted:
                return Decision(effect, name)
    return Decision(Effect.ALLOWED)
