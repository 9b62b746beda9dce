"""Terraform's plugin protocol, version 6: from its messages to the engine and back.

https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tf.gen import tfplugin_pb2 as pb
from tf.utils import read_dynamic_value, to_dynamic_value

from embedded_aws.provider.configuration import configure, validate_configuration
from embedded_aws.provider.connections import Connections
from embedded_aws.provider.diagnostics import attribute_path, describe, error_diagnostic
from embedded_aws.provider.engine import ApplyError, Engine
from embedded_aws.provider.resource_type import ProviderError
from embedded_aws.provider.schema_wire import metadata_response, schema_response
from embedded_aws.provider.terraform_process import terraform_process
from embedded_aws.provider.values import conform

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_aws.provider.schema import ProviderSchema
    from embedded_aws.provider.session import AwsSession


class ProviderService:
    """Answers the calls of any number of Terraform processes."""

    def __init__(self, endpoint: str, schema: ProviderSchema, engine: Engine) -> None:
        self._endpoint = endpoint
        self._schema = schema
        self._engine = engine
        self._schema_response = schema_response(schema)
        self._metadata_response = metadata_response(schema)
        self.connections = Connections()

    def GetMetadata(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        return self._metadata_response

    def GetProviderSchema(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        return self._schema_response

    def GetFunctions(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        return pb.GetFunctions.Response()

    def CallFunction(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        return pb.CallFunction.Response(
            error=pb.FunctionError(text=f"There is no provider function {request.name!r}.")
        )

    def StopProvider(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        return pb.StopProvider.Response()

    def ValidateProviderConfig(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        config = conform(self._schema.provider, read_dynamic_value(request.config))
        return pb.ValidateProviderConfig.Response(
            diagnostics=[error_diagnostic(e) for e in validate_configuration(config)]
        )

    def ConfigureProvider(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        def answer() -> Any:
            config = conform(self._schema.provider, read_dynamic_value(request.config))
            peer = context.peer()
            process = terraform_process(peer, self.connections.server_port)
            session = configure(config, self._endpoint, process)
            self.connections.configure(peer, session)
            return pb.ConfigureProvider.Response()

        return _answered(pb.ConfigureProvider.Response, answer)

    def _session(self, context: Any) -> AwsSession:
        return self.connections.session(context.peer())

    def ValidateResourceConfig(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        def answer() -> Any:
            problems = self._engine.validate(request.type_name, read_dynamic_value(request.config))
            return pb.ValidateResourceConfig.Response(
                diagnostics=[error_diagnostic(problem) for problem in problems]
            )

        return _answered(pb.ValidateResourceConfig.Response, answer)

    def ValidateDataResourceConfig(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        def answer() -> Any:
            self._engine.data_block(request.type_name)
            return pb.ValidateDataResourceConfig.Response()

        return _answered(pb.ValidateDataResourceConfig.Response, answer)

    def UpgradeResourceState(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        def answer() -> Any:
            if not request.raw_state.json:
                raise ProviderError(
                    f"The state of {request.type_name} is older than Terraform 0.12 and cannot "
                    "be read."
                )
            state = self._engine.conformed(request.type_name, json.loads(request.raw_state.json))
            return pb.UpgradeResourceState.Response(upgraded_state=to_dynamic_value(state))

        return _answered(pb.UpgradeResourceState.Response, answer)

    def MoveResourceState(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        error = ProviderError(
            f"{request.source_type_name} cannot be moved to {request.target_type_name}: the "
            "embedded AWS provider moves no state between types. Use removed and import blocks."
        )
        return pb.MoveResourceState.Response(diagnostics=[error_diagnostic(error)])

    def ReadResource(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        def answer() -> Any:
            state = read_dynamic_value(request.current_state)
            if state is not None:
                state = self._engine.read(request.type_name, self._session(context), state)
            return pb.ReadResource.Response(new_state=_wire(state), private=request.private)

        return _answered(pb.ReadResource.Response, answer)

    def PlanResourceChange(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        def answer() -> Any:
            if read_dynamic_value(request.proposed_new_state) is None:
                return pb.PlanResourceChange.Response(planned_state=request.proposed_new_state)
            plan = self._engine.plan(
                request.type_name,
                self._session(context),
                read_dynamic_value(request.config),
                read_dynamic_value(request.prior_state),
            )
            return pb.PlanResourceChange.Response(
                planned_state=_wire(plan.planned),
                requires_replace=[attribute_path(path) for path in plan.replaced],
            )

        return _answered(pb.PlanResourceChange.Response, answer)

    def ApplyResourceChange(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        def answer() -> Any:
            session = self._session(context)
            prior = read_dynamic_value(request.prior_state)
            planned = read_dynamic_value(request.planned_state)
            config = read_dynamic_value(request.config)
            state = None
            try:
                if planned is None:
                    self._engine.delete(request.type_name, session, prior)
                elif prior is None:
                    state = self._engine.create(request.type_name, session, planned, config)
                else:
                    state = self._engine.update(request.type_name, session, prior, planned, config)
            except ApplyError as error:
                return pb.ApplyResourceChange.Response(
                    new_state=_wire(error.state), diagnostics=[error_diagnostic(error)]
                )
            return pb.ApplyResourceChange.Response(new_state=_wire(state))

        return _answered(pb.ApplyResourceChange.Response, answer)

    def ImportResourceState(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        def answer() -> Any:
            state = self._engine.import_state(request.type_name, self._session(context), request.id)
            imported = pb.ImportResourceState.ImportedResource(
                type_name=request.type_name, state=_wire(state)
            )
            return pb.ImportResourceState.Response(imported_resources=[imported])

        return _answered(pb.ImportResourceState.Response, answer)

    def ReadDataSource(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        def answer() -> Any:
            state = self._engine.read_data(
                request.type_name, self._session(context), read_dynamic_value(request.config)
            )
            return pb.ReadDataSource.Response(state=_wire(state))

        return _answered(pb.ReadDataSource.Response, answer)


def _wire(state: dict[str, Any] | None) -> Any:
    # MessagePack's nil is Terraform's null; an empty message would be no value at all.
    return pb.DynamicValue(msgpack=b"\xc0") if state is None else to_dynamic_value(state)


def _answered(response: Any, answer: Callable[[], Any]) -> Any:
    """Return the answer, or the error of it as a diagnostic."""
    try:
        return answer()
    except Exception as error:  # noqa: BLE001 - nothing may reach Terraform as a broken connection
        known = describe(error, "answering Terraform")
        return response(diagnostics=[error_diagnostic(known)])
