"""The provider as a gRPC server on the loopback interface, which Terraform attaches to."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import grpc
from tf.gen import tfplugin_pb2_grpc as rpc

from embedded_aws.provider import registry, schema
from embedded_aws.provider.engine import Engine, Ledger
from embedded_aws.provider.protocol import ProviderService
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "hashicorp/aws"  # Terraform adds the host of its default registry
# Terraform walks its graph with ten operations at a time; several processes run at once.
_WORKERS = 64
_UNLIMITED = -1


class ProviderServer:
    """A running provider.

    Attributes
    ----------
    port
        TCP port on 127.0.0.1.
    reattach
        Value for ``TF_REATTACH_PROVIDERS``: Terraform then asks this server, and neither a registry
        nor a lock file is needed.
    connections
        The configurations of the connections.
    """

    def __init__(self, service: ProviderService) -> None:
        self._server = grpc.server(
            ThreadPoolExecutor(_WORKERS, thread_name_prefix="terraform-provider"),
            options=[
                ("grpc.max_receive_message_length", _UNLIMITED),
                ("grpc.max_send_message_length", _UNLIMITED),
                ("grpc.so_reuseport", 0),
            ],
        )
        self.connections = service.connections
        rpc.add_ProviderServicer_to_server(service, self._server)
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self.connections.server_port = self.port
        self._server.start()
        self.reattach = json.dumps(
            {
                ADDRESS: {
                    "Protocol": "grpc",
                    "ProtocolVersion": 6,
                    "Pid": os.getpid(),
                    "Test": True,
                    "Addr": {"Network": "tcp", "String": f"127.0.0.1:{self.port}"},
                }
            }
        )

    def stop(self, grace: float = 1.0) -> None:
        """Stop serving; calls under way have ``grace`` seconds to end."""
        self._server.stop(grace).wait()


def serve(endpoint: str, *, cache: Path, ledger: Ledger = RUN) -> ProviderServer:
    """Start the provider.

    Parameters
    ----------
    endpoint
        URL of the embedded AWS, where resources are created.
    cache
        Folder in which the provider's schema is kept between runs.
    ledger
        Is told about every resource that is created or only recorded.

    Raises
    ------
    SchemaError
        When the schema cannot be read from the installed bindings.
    """
    kinds = registry.resource_types()
    served = schema.with_defaults(schema.load(cache), kinds)
    engine = Engine(served, kinds, registry.data_sources(), ledger)
    return ProviderServer(ProviderService(endpoint, served, engine))
