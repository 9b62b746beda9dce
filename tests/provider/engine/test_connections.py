"""Hundreds of connections to one provider, as many Terraform processes have them."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import grpc
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc
from tf.utils import read_dynamic_value, to_dynamic_value

from embedded_aws.provider import ProviderServer
from embedded_aws.provider.terraform_process import terraform_process

REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1")

# Connects to a server and tells from which port, which others may share.
CLIENT = """
import socket, sys, time
client = socket.socket()
client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
client.bind(("127.0.0.1", 0))
client.connect(("127.0.0.1", int(sys.argv[1])))
print(client.getsockname()[1], flush=True)
time.sleep(600)
"""


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

        # Then it is still configured, and after the next ones the others are forgotten
        assert region_of(first) == "ap-south-1"
        with connection(small_provider) as last, connection(small_provider) as very_last:
            configure(last, "us-east-1")
            configure(very_last, "us-east-1")
            assert len(small_provider.connections) < number / 4


def test_a_connection_without_a_configuration_is_told_so(small_provider: ProviderServer) -> None:
    """A provider that was restarted knows nothing of the Terraform that still runs."""
    with connection(small_provider) as stub:
        request = pb.ReadDataSource.Request(type_name="aws_region", config=to_dynamic_value({}))
        (told,) = stub.ReadDataSource(request).diagnostics
    assert "run Terraform again" in told.summary


@contextmanager
def running(code: str, *words: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", code, *words]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def come_and_go(stop: threading.Event) -> None:
    """Open and close connections, so that the kernel's table changes all the time."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        while not stop.is_set():
            clients = [socket.create_connection(server.getsockname()) for _ in range(32)]
            for one in [server.accept()[0] for _ in clients] + clients:
                one.close()


def test_a_process_is_found_while_connections_come_and_go_and_share_its_port(
    tmp_path: Path,
) -> None:
    """R-F1: relative paths are those of the process at the other end of the connection."""
    with ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(8)]
        # Given a process in a folder of its own, connected to a server
        port_of_server = servers[0].getsockname()[1]
        child = stack.enter_context(running(CLIENT, str(port_of_server), folder=tmp_path))
        assert child.stdout is not None
        port = int(child.stdout.readline())
        # And this process, connected from the same port to other servers
        for server in servers[1:]:
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            client.bind(("127.0.0.1", port))
            client.connect(server.getsockname())
        stop = threading.Event()
        churn = threading.Thread(target=come_and_go, args=(stop,))
        churn.start()
        stack.callback(churn.join)
        stack.callback(stop.set)

        # When it is looked for many times while other connections come and go
        peer = f"ipv4:127.0.0.1:{port}"
        found = {terraform_process(peer, port_of_server).folder for _ in range(100)}

    # Then it is always found
    assert found == {tmp_path}
