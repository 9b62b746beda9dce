"""The Terraform process at the other end of a connection: its folder and its environment.

A provider that Terraform starts itself inherits both. This one is a server, so it looks them up:
relative paths in a configuration (``assets/...``) are relative to Terraform's folder, and the
credentials are those of its environment.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

_PROC = Path("/proc")
_ESTABLISHED = "01"
_READINGS = 40
_PAUSE = 0.05  # seconds


@dataclass(frozen=True)
class TerraformProcess:
    """What a provider inherits from Terraform."""

    folder: Path = field(default_factory=Path.cwd)
    environment: dict[str, str] = field(default_factory=dict)


def terraform_process(peer: str, server_port: int) -> TerraformProcess:
    """Return the process behind a gRPC peer such as ``ipv4:127.0.0.1:40112``.

    Linux has it under ``/proc``. Elsewhere, and for a process of another user, it is this process's
    own folder and environment: there, start the embedded AWS in the folder of the stack, or write
    absolute paths.

    Parameters
    ----------
    peer
        The other end, as gRPC names it.
    server_port
        TCP port of the provider: the same port of the peer may have other connections.
    """
    port = port_of(peer)
    folder = _folder_of(port, server_port) if port else None
    if folder is None:
        return TerraformProcess(environment=dict(os.environ))
    try:
        content = (folder / "environ").read_bytes().decode(errors="surrogateescape")
        environment = dict(entry.split("=", 1) for entry in content.split("\0") if "=" in entry)
        return TerraformProcess((folder / "cwd").readlink(), environment)
    except OSError:
        return TerraformProcess(environment=dict(os.environ))


def port_of(peer: str) -> int | None:
    """Return the port of a gRPC peer on this machine."""
    found = re.fullmatch(r"ipv4:127\.0\.0\.1:(\d+)", peer)
    return int(found.group(1)) if found else None


def clients_of(server_port: int) -> set[int]:
    """Return the ports that are connected to a server; none where that cannot be seen."""
    return {local for local, remote in _connections() if remote == server_port}


def _folder_of(port: int, server_port: int) -> Path | None:
    """Return the folder under ``/proc`` of the process that is connected to a server.

    The kernel's tables change while they are read, so one reading may miss what is there.
    """
    for _ in range(_READINGS):
        connections = _connections()
        inode = connections.get((port, server_port))
        folder = _process_of(inode) if inode else None
        if folder is not None or not connections:
            return folder
        time.sleep(_PAUSE)
    return None


def _connections() -> dict[tuple[int, int], str]:
    """Return the inode of every connected socket by its port and the other end's port."""
    # Addresses stand in the byte order of the machine, ports in hexadecimal. A socket for both
    # families (gRPC makes such) is in the second table, with an IPv4 address, too.
    # https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
    lines: list[str] = []
    for table in ("net/tcp", "net/tcp6"):
        with contextlib.suppress(OSError):
            lines += (_PROC / table).read_text().splitlines()[1:]
    rows = (line.split() for line in lines)
    return {(_port(row[1]), _port(row[2])): row[9] for row in rows if row[3] == _ESTABLISHED}


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)


def _process_of(inode: str) -> Path | None:
    wanted = f"socket:[{inode}]"
    # The newest processes first: Terraform has just been started.
    identifiers = sorted((int(p.name) for p in _PROC.iterdir() if p.name.isdigit()), reverse=True)
    for identifier in identifiers:
        folder = _PROC / str(identifier)
        with contextlib.suppress(OSError):
            for descriptor in (folder / "fd").iterdir():
                # A descriptor may be closed while we look.
                with contextlib.suppress(OSError):
                    if str(descriptor.readlink()) == wanted:
                        return folder
    return None
