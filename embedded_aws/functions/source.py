"""One event source mapping at work: a thread that polls until the mapping is stopped."""

from __future__ import annotations

import threading
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from embedded_aws.functions import invocation
from embedded_aws.state import RUN

REFUSED_SECONDS = 2.0
MISSING_SECONDS = 0.5


class Source:
    """What pollers share; a subclass says what one round of polling does."""

    def __init__(self, mapping: Any) -> None:
        self.mapping = mapping
        self.region = mapping.event_source_arn.split(":")[3]
        self.stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mapping", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._thread.start()

    def stop(self) -> None:
        """Stop polling; a batch that is under way is finished."""
        self.stopped.set()

    def function(self) -> Any:
        """Return moto's function as it is configured now."""
        return invocation.find(self.mapping.function_arn)[0]

    def poll(self) -> None:
        """Do one round."""
        raise NotImplementedError

    def _run(self) -> None:
        while not self.stopped.is_set() and not RUN.closing.is_set():
            if RUN.is_down(self.region):
                self.stopped.wait(MISSING_SECONDS)
                continue
            try:
                self.poll()
            except (ClientError, BotoCoreError) as error:
                self.refused(error)
            except Exception as error:  # noqa: BLE001 - the mapping goes on, as on AWS
                self.failed(error)

    def refused(self, error: Exception) -> None:
        """Go on slowly after the source's service refused a call."""
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        if RUN.closing.is_set() or self.stopped.is_set():
            return
        if "AccessDenied" in code:
            RUN.notice(
                f"event source mapping of {self.mapping.event_source_arn.split(':')[-1]}: the role "
                f"of {self.mapping.function_arn.split(':')[6]} is refused: {error}"
            )
            self.stopped.wait(REFUSED_SECONDS)
        else:
            self.stopped.wait(MISSING_SECONDS)

    def failed(self, error: Exception) -> None:
        """Note what went wrong inside, and go on slowly."""
        if not RUN.closing.is_set() and not self.stopped.is_set():
            RUN.error(f"event source mapping of {self.mapping.event_source_arn}: {error!r}")
        self.stopped.wait(MISSING_SECONDS)
