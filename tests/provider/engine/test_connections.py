"""Hundreds of connections to one provider, as many Terraform processes have them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc
from tf.utils import read_dynamic_value, to_dynamic_value

from embedded_aws.provider import ProviderServer

REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1")


@contextmanager
def connection(provider: ProviderServer) -> Iterator[Any]:
    # Channels of one process share a connection unless told not to.
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(f"127.0.0.1:{provider.port}", options) as channel:
        yield rpc.ProviderStub(channel)


def configure(stub: Any, region: str) -> list[Any]:
    config = to_dynamic_value({"region": region, "access_key": "test", "secret_key": "test"})
    answer = stub.ConfigureProvider(pb.ConfigureProvider.Request(config=config))
    return list(answer.diagnostics)


def region_of(stub: Any) -> str:
    request = pb.ReadDataSource.Request(type_name="aws_region", config=to_dynamic_value({}))
    answer = stub.ReadDataSource(request)
    assert list(answer.diagnostics) == []
    return str(read_dynamic_value(answer.state)["region"])


def test_each_of_many_connections_keeps_its_region_until_it_is_closed(
    small_provider: ProviderServer,
) -> None:
    """R-F1: configurations do not mix, and nothing is kept for those that have gone."""
    number = 200

    def use(index: int) -> None:
        with connection(small_provider) as stub:
            assert configure(stub, REGIONS[index % 4]) == []
            assert region_of(stub) == REGIONS[index % 4]

    # Given a connection that stays open
    with connection(small_provider) as first:
        configure(first, "ap-south-1")

        # When two hundred others come, are used and go
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(use, range(number)))

        # Then it is still configured, and after the next one the others are forgotten
        assert region_of(first) == "ap-south-1"
        with connection(small_provider) as last:
            configure(last, "us-east-1")
            assert len(small_provider.connections) < number / 4


def test_a_connection_without_a_configuration_is_told_so(small_provider: ProviderServer) -> None:
    """A provider that was restarted knows nothing of the Terraform that still runs."""
    with connection(small_provider) as stub:
        request = pb.ReadDataSource.Request(type_name="aws_region", config=to_dynamic_value({}))
        (told,) = stub.ReadDataSource(request).diagnostics
    assert "run Terraform again" in told.summary
