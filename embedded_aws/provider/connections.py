"""Which provider block is at the other end of which connection."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from embedded_aws.provider.resource_type import ProviderError
from embedded_aws.provider.terraform_process import clients_of, port_of

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

# Up to this many nobody looks which of them have ended.
_UNCHECKED = 32
# Where it cannot be seen which connections are open, the oldest configurations are forgotten.
_REMEMBERED = 4096


class Connections:
    """The configuration of every connection, by its gRPC peer.

    Each provider block of each Terraform process has a connection of its own. gRPC does not tell
    when one ends, so whatever has ended is forgotten when the next one is configured.
    """

    def __init__(self) -> None:
        self.server_port = 0  # known when the server listens
        self._sessions: OrderedDict[str, AwsSession] = OrderedDict()
        self._missed: set[str] = set()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._sessions)

    def configure(self, peer: str, session: AwsSession) -> None:
        """Keep the configuration of a connection."""
        with self._lock:
            self._sessions[peer] = session
            self._sessions.move_to_end(peer)
            if len(self._sessions) > _UNCHECKED:
                self._forget_ended()
            while len(self._sessions) > _REMEMBERED:
                self._sessions.popitem(last=False)

    def _forget_ended(self) -> None:
        """Forget what was not among the open connections twice in a row.

        The kernel's table changes while it is read, so that one reading may miss a connection.
        """
        still_open = clients_of(self.server_port)
        if still_open:
            missed = {peer for peer in self._sessions if port_of(peer) not in still_open}
            for peer in missed & self._missed:
                del self._sessions[peer]
            self._missed = missed

    def session(self, peer: str) -> AwsSession:
        """Return the configuration of a connection.

        Raises
        ------
        ProviderError
            When the connection has none.
        """
        with self._lock:
            session = self._sessions.get(peer)
        if session is None:
            raise ProviderError(
                "The provider was not configured on this connection; run Terraform again."
            )
        return session
