"""Which provider block is at the other end of which connection."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from embedded_aws.provider.resource_type import ProviderError
from embedded_aws.provider.terraform_process import open_ports, port_of

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
        self._sessions: OrderedDict[str, AwsSession] = OrderedDict()
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
        # The kernel's table changes while it is read, so that one reading may miss a connection.
        still_open = open_ports() | open_ports()
        if still_open:
            for peer in [one for one in self._sessions if port_of(one) not in still_open]:
                del self._sessions[peer]

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
