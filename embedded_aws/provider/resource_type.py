"""What one Terraform resource type or data source needs to say to be created through boto3.

A type is a class with declarations (what forces a replacement, which defaults the real provider
plans) and four calls. Everything that is the same for every type - plans, tags, unknown values,
comparing JSON, errors - is the engine's.

Values are plain Python: a string, number, bool, list or dict, ``None`` for what is not set. A list
or set block is a list of dicts, a set attribute a list. A type never sees an unknown value: what is
not known yet is ``None`` in ``planned``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedded_aws.provider.session import AwsSession

State = dict[str, Any]


class ProviderError(Exception):
    """What Terraform shows to its user: one sentence, and the attribute that it is about.

    Parameters
    ----------
    summary
        One sentence that says what is wrong and what to do.
    attribute
        Dotted path of the attribute or block, such as ``"rule.0.filter"``; empty when the error
        is about the whole resource.
    detail
        More lines, where they help.
    """

    def __init__(self, summary: str, attribute: str = "", detail: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.attribute = attribute
        self.detail = detail


class ResourceType:
    """A managed resource type, made and kept through boto3.

    Life of a resource: `create` makes it and returns at least ``id``; then `complete` does what
    follows (tags, settings); then `read` gives the attributes that the plan left open. If `create`
    or `complete` fails after something exists, Terraform keeps the resource as tainted.
    """

    type_name: ClassVar[str] = ""

    replace: ClassVar[frozenset[str]] = frozenset()
    """Attributes or blocks whose change forces a replacement: ``"bucket"``, ``"key_schema"``, or
    dotted, a path into blocks without indices, ``"ephemeral_storage.size"``."""

    recomputed: ClassVar[Mapping[str, frozenset[str]]] = {}
    """Computed attribute -> the attributes whose change makes it unknown in an update's plan."""

    defaults: ClassVar[Mapping[str, Any]] = {}
    """Dotted path (no indices) -> the default that the real provider plans for it when unset."""

    json_attributes: ClassVar[frozenset[str]] = frozenset()
    """Attributes that hold a JSON document: refused when it does not parse, and never a change
    when only white space, the order of keys or one-element lists differ."""

    policies: ClassVar[frozenset[str]] = frozenset()
    """Those of the JSON attributes (they need not be in both sets) that hold an IAM policy: a JSON
    object with a ``Statement``."""

    enums: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """Dotted attribute path -> (boto3 service, name of the enum shape in botocore's model). Checked
    when the configuration is validated."""

    conflicts: ClassVar[tuple[frozenset[str], ...]] = ()
    """Sets of attributes or blocks of which at most one may be set."""

    name_prefix: ClassVar[tuple[str, str]] = ("", "")
    """(name attribute, prefix attribute), such as ``("name", "name_prefix")``: an unset name is
    made from the prefix or from ``terraform-`` by `AwsSession.unique_name` during `create`."""

    absent: ClassVar[frozenset[str]] = frozenset()
    """Error codes of AWS that mean "does not exist": `read` gives ``None``, `delete` is done."""

    def create(self, aws: AwsSession, planned: State) -> State:
        """Make the resource.

        Parameters
        ----------
        aws
            Clients, region and account of the resource.
        planned
            Every attribute of the plan; what is not known yet is ``None``.

        Returns
        -------
        State
            The attributes to lay over ``planned``: ``id`` at least.
        """
        raise NotImplementedError

    def complete(self, aws: AwsSession, planned: State) -> None:
        """Do what follows the creation; ``planned`` now has what `create` returned."""

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Return what AWS says now, to lay over ``state``; ``None`` when it is gone.

        Only attributes that are returned are compared, so a type that cannot read one back (a
        write-only argument, a local file) leaves it out.
        """
        raise NotImplementedError

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Apply the difference between ``prior`` and ``planned``; `read` is called afterwards."""
        raise NotImplementedError

    def delete(self, aws: AwsSession, state: State) -> None:
        """Remove the resource."""
        raise NotImplementedError

    def import_state(self, aws: AwsSession, identifier: str) -> State:
        """Return the attributes that `read` needs for the import id; ``id`` alone by default."""
        del aws
        return {"id": identifier}

    def plan(self, aws: AwsSession, prior: State | None, planned: State) -> State:
        """Return attributes to lay over the plan, for what depends on several attributes.

        Unknown values stand in ``planned`` as ``embedded_aws.provider.values.UNKNOWN`` here, and
        may be returned.
        """
        del aws, prior, planned
        return {}

    def validate(self, config: State) -> list[ProviderError]:
        """Return what is wrong with a configuration beyond its schema.

        Values that are not known yet are ``embedded_aws.provider.values.UNKNOWN`` here.
        """
        del config
        return []


class DataSource:
    """A data source, read through boto3 or computed."""

    type_name: ClassVar[str] = ""

    def read(self, aws: AwsSession, config: State) -> State:
        """Return the computed attributes, to lay over ``config``; raise `ProviderError`."""
        raise NotImplementedError
