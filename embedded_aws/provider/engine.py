"""What the provider does with a resource, the same way for every type.

Types say how AWS is called (`ResourceType`); here their answers meet Terraform's rules.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from embedded_aws.provider import planning, validation
from embedded_aws.provider.attributes import error_code
from embedded_aws.provider.diagnostics import describe
from embedded_aws.provider.recorded import RecordedOnly, RecordedOnlyData
from embedded_aws.provider.resource_type import ProviderError
from embedded_aws.provider.settling import settle_apply, settle_read
from embedded_aws.provider.values import conform, is_write_only, known_or_none

if TYPE_CHECKING:
    from embedded_aws.provider.planning import Plan
    from embedded_aws.provider.resource_type import DataSource, ResourceType, State
    from embedded_aws.provider.schema import ProviderSchema
    from embedded_aws.provider.schema_typescript import Block
    from embedded_aws.provider.session import AwsSession


class Ledger(Protocol):
    """Where it is noted what was created, and what was only recorded."""

    def record(self, terraform_type: str, *, applied: bool) -> None:
        """Note one creation."""


class ApplyError(ProviderError):
    """An apply that failed; `state` is what Terraform has to keep, ``None`` for nothing."""

    def __init__(self, cause: ProviderError, state: State | None) -> None:
        super().__init__(cause.summary, cause.attribute, cause.detail)
        self.state = state


class Engine:
    """Validates, plans, applies and reads resources of every type of the schema.

    Parameters
    ----------
    schema
        All types of the provider.
    kinds, data_kinds
        The types that are really made; all others are recorded only.
    ledger
        Is told about every creation.
    """

    def __init__(
        self,
        schema: ProviderSchema,
        kinds: dict[str, ResourceType],
        data_kinds: dict[str, DataSource],
        ledger: Ledger,
    ) -> None:
        self._schema = schema
        self._kinds = kinds
        self._data_kinds = data_kinds
        self._ledger = ledger

    def block(self, type_name: str) -> Block:
        """Return the schema of a resource type."""
        return _served(self._schema.resources, type_name)

    def data_block(self, type_name: str) -> Block:
        """Return the schema of a data source."""
        return _served(self._schema.data_sources, type_name)

    def _kind(self, type_name: str) -> ResourceType:
        return self._kinds.get(type_name) or RecordedOnly(type_name, self.block(type_name))

    def validate(self, type_name: str, config: State) -> list[ProviderError]:
        """Return what is wrong with a resource's configuration."""
        block = self.block(type_name)
        return validation.validate(block, self._kind(type_name), conform(block, config))

    def plan(self, type_name: str, aws: AwsSession, config: State, prior: State | None) -> Plan:
        """Plan a creation or an update."""
        block = self.block(type_name)
        config = conform(block, config)
        prior = None if prior is None else conform(block, prior)
        session = _session(aws, config, prior)
        return planning.plan(block, self._kind(type_name), session, config, prior)

    def read(self, type_name: str, aws: AwsSession, state: State) -> State | None:
        """Return the state as AWS has it now; ``None`` when the resource is gone."""
        block, kind = self.block(type_name), self._kind(type_name)
        state = conform(block, state)
        session = _session(aws, state)
        try:
            answer = _read(kind, session, state)
        except Exception as error:  # noqa: BLE001 - every kind of failure becomes one sentence
            raise describe(
                error, f"reading {type_name} ({state['id']})", block, session.region
            ) from None
        return None if answer is None else settle_read(block, kind, session, state, answer)

    def create(self, type_name: str, aws: AwsSession, planned: State, config: State) -> State:
        """Create a resource; of its configuration what is write-only is needed.

        Raises
        ------
        ApplyError
            With the state of what exists already, which Terraform keeps as tainted.
        """
        block, kind = self.block(type_name), self._kind(type_name)
        planned = conform(block, planned)
        session = _session(aws, planned)
        state = known_or_none(planned)
        exists = False
        try:
            written = _write_only(block, config)
            state = {**state, **kind.create(session, {**state, **written})}
            exists = True
            kind.complete(session, {**state, **written})
            answer = _read(kind, session, state)
        except Exception as error:  # noqa: BLE001 - every kind of failure becomes one sentence
            cause = describe(error, f"creating {type_name}", block, session.region)
            kept = settle_apply(block, planned, conform(block, state)) if exists else None
            raise ApplyError(cause, kept) from None
        if answer is None:
            kept = settle_apply(block, planned, conform(block, state))
            gone = ProviderError(f"creating {type_name}: AWS does not find what was just created.")
            raise ApplyError(gone, kept)
        self._ledger.record(type_name, applied=not isinstance(kind, RecordedOnly))
        return settle_apply(block, planned, conform(block, {**state, **answer}))

    def update(
        self, type_name: str, aws: AwsSession, prior: State, planned: State, config: State
    ) -> State:
        """Update a resource in place; of its configuration what is write-only is needed.

        Raises
        ------
        ApplyError
            With the state as AWS has it after the failure.
        """
        block, kind = self.block(type_name), self._kind(type_name)
        prior, planned = conform(block, prior), conform(block, planned)
        session = _session(aws, planned)
        state = known_or_none(planned)
        action = f"updating {type_name} ({prior['id']})"
        try:
            kind.update(session, prior, {**state, **_write_only(block, config)})
            # What the plan left open is found under the identity that the resource has.
            known = {name: prior[name] if value is None else value for name, value in state.items()}
            answer = _read(kind, session, known)
        except Exception as error:  # noqa: BLE001 - every kind of failure becomes one sentence
            raise ApplyError(
                describe(error, action, block, session.region),
                self._after_failure(type_name, aws, prior),
            ) from None
        if answer is None:
            raise ApplyError(ProviderError(f"{action}: it does not exist any more."), prior)
        return settle_apply(block, planned, conform(block, {**known, **answer}))

    def _after_failure(self, type_name: str, aws: AwsSession, prior: State) -> State:
        try:
            return self.read(type_name, aws, prior) or prior
        except ProviderError:
            return prior

    def delete(self, type_name: str, aws: AwsSession, prior: State) -> None:
        """Delete a resource; that it is gone already is no error.

        Raises
        ------
        ApplyError
            With the prior state: the resource is still there.
        """
        block, kind = self.block(type_name), self._kind(type_name)
        prior = conform(block, prior)
        session = _session(aws, prior)
        try:
            kind.delete(session, prior)
        except Exception as error:  # noqa: BLE001 - every kind of failure becomes one sentence
            if _is_gone(error, kind, session, prior):
                return
            cause = describe(error, f"deleting {type_name} ({prior['id']})", block, session.region)
            raise ApplyError(cause, prior) from None

    def import_state(self, type_name: str, aws: AwsSession, identifier: str) -> State:
        """Return the state with which an import begins; Terraform reads it afterwards."""
        block, kind = self.block(type_name), self._kind(type_name)
        # With v6 of the AWS provider an import id may end in "@<region>".
        name, at, region = identifier.rpartition("@")
        has_region = bool(at) and "region" in block["attributes"] and region.count("-") >= 2
        session = aws.in_region(region) if has_region else aws
        try:
            state = kind.import_state(session, name if has_region else identifier)
            if "region" in block["attributes"]:
                state = {"region": session.region, **state}
            started = conform(block, state)
            answer = _read(kind, session, started)
        except Exception as error:  # noqa: BLE001 - every kind of failure becomes one sentence
            raise describe(
                error, f"importing {type_name} ({identifier})", block, session.region
            ) from None
        if answer is None:
            raise ProviderError(
                f"Cannot import {type_name}: there is no {identifier!r} in {session.region}."
            )
        return settle_read(block, kind, session, started, answer)

    def conformed(self, type_name: str, state: State) -> State:
        """Return a stored state in the shape of today's schema."""
        return conform(self.block(type_name), state)

    def read_data(self, type_name: str, aws: AwsSession, config: State) -> State:
        """Read a data source."""
        block = self.data_block(type_name)
        config = known_or_none(conform(block, config))
        session = _session(aws, config)
        kind = self._data_kinds.get(type_name)
        if kind is None:
            self._ledger.record(f"data.{type_name}", applied=False)
            kind = RecordedOnlyData(type_name, block)
        try:
            answer = kind.read(session, config)
        except Exception as error:  # noqa: BLE001 - every kind of failure becomes one sentence
            raise describe(error, f"reading data.{type_name}", block, session.region) from None
        if "region" in block["attributes"]:
            answer = {"region": session.region, **answer}
        # Terraform refuses an answer that differs from the configuration.
        given = {name: value for name, value in config.items() if value not in (None, [])}
        return conform(block, {**config, **answer, **given})


def _served(blocks: dict[str, Block], type_name: str) -> Block:
    block = blocks.get(type_name)
    # The bindings do not say what is inside the rules of a web ACL and a few more.
    if block is None or '"dynamic"' in json.dumps(block):
        raise ProviderError(
            f"The embedded AWS does not serve {type_name}: the installed bindings do not describe "
            "all of its members. Leave it out of the environments that are deployed here."
        )
    return block


def _write_only(block: Block, config: State) -> State:
    attributes = block["attributes"]
    return {name: config.get(name) for name in attributes if is_write_only(name, attributes[name])}


def _is_gone(error: Exception, kind: ResourceType, session: AwsSession, state: State) -> bool:
    """Tell whether a failed deletion failed because the resource itself is gone.

    "Does not exist" may be said of something that hangs on the resource, so it is read again.
    """
    if not isinstance(error, ClientError) or error_code(error) not in kind.absent:
        return False
    try:
        return _read(kind, session, state) is None
    except (ClientError, BotoCoreError):
        return False


def _read(kind: ResourceType, session: AwsSession, state: State) -> State | None:
    try:
        return kind.read(session, state)
    except ClientError as error:
        if error_code(error) in kind.absent:
            return None
        raise


def _session(aws: AwsSession, *states: State | None) -> AwsSession:
    """Return the session of the resource's own region, where it has one."""
    for state in states:
        region = (state or {}).get("region")
        if isinstance(region, str):
            return aws.in_region(region)
    return aws
