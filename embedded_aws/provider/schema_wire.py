"""The schema in the words of Terraform's plugin protocol (version 6)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tf.gen import tfplugin_pb2 as pb

from embedded_aws.provider.values import is_write_only

if TYPE_CHECKING:
    from embedded_aws.provider.schema import ProviderSchema
    from embedded_aws.provider.schema_typescript import Block

_NESTING = {
    "single": pb.Schema.NestedBlock.SINGLE,
    "list": pb.Schema.NestedBlock.LIST,
    "set": pb.Schema.NestedBlock.SET,
    "map": pb.Schema.NestedBlock.MAP,
}
# Field 11 of Schema.Attribute, `write_only`, is younger than the installed classes of the protocol
# (tfplugin6.8.proto); Terraform finds it among the message's unknown fields.
_WRITE_ONLY = b"\x58\x01"
CAPABILITIES = pb.ServerCapabilities(plan_destroy=True, get_provider_schema_optional=True)


def schema_response(schema: ProviderSchema) -> Any:
    """Return the answer to ``GetProviderSchema``."""
    return pb.GetProviderSchema.Response(
        provider=_schema(schema.provider),
        resource_schemas={name: _schema(block) for name, block in schema.resources.items()},
        data_source_schemas={name: _schema(block) for name, block in schema.data_sources.items()},
        server_capabilities=CAPABILITIES,
    )


def metadata_response(schema: ProviderSchema) -> Any:
    """Return the answer to ``GetMetadata``."""
    return pb.GetMetadata.Response(
        server_capabilities=CAPABILITIES,
        resources=[pb.GetMetadata.ResourceMetadata(type_name=name) for name in schema.resources],
        data_sources=[
            pb.GetMetadata.DataSourceMetadata(type_name=name) for name in schema.data_sources
        ],
    )


def _schema(block: Block) -> Any:
    return pb.Schema(version=0, block=_block(block))


def _attribute(name: str, attribute: Block) -> Any:
    message = pb.Schema.Attribute(
        name=name,
        type=json.dumps(attribute["type"]).encode(),
        required=attribute["required"],
        optional=attribute["optional"],
        computed=attribute["computed"],
    )
    if is_write_only(name, attribute):
        message.MergeFromString(_WRITE_ONLY)
    return message


def _block(block: Block) -> Any:
    return pb.Schema.Block(
        version=0,
        attributes=[_attribute(name, attribute) for name, attribute in block["attributes"].items()],
        block_types=[
            pb.Schema.NestedBlock(
                type_name=name,
                nesting=_NESTING[nested["nesting"]],
                min_items=nested["min"],
                max_items=nested["max"],
                block=_block(nested["block"]),
            )
            for name, nested in block["blocks"].items()
        ],
    )
