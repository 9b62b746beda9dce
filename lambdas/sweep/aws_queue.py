"""The work queue, as the sweep uses it: how much waits in it, and many messages at once."""

from collections.abc import Sequence
from typing import Any

_MOST_MESSAGES = 10  # of one request: "SendMessageBatch", Amazon SQS API reference
_DEPTH = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class QueueRefusedError(Exception):
    """SQS did not take some of the messages; the next run announces those objects."""


class AnnouncementQueue:
    """Takes announcements.

    Parameters
    ----------
    client : botocore client
        Of SQS.
    url : str
        ``QUEUE_URL``.
    """

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def depth(self) -> int:
        """Return about how many messages are in the queue, waiting, hidden or delayed."""
        response = self._client.get_queue_attributes(
            QueueUrl=self._url, AttributeNames=list(_DEPTH)
        )
        return sum(int(response["Attributes"][name]) for name in _DEPTH)

    def send(self, bodies: Sequence[str]) -> None:
        """Add messages.

        Raises
        ------
        QueueRefusedError
            SQS did not take all of them.
        """
        for start in range(0, len(bodies), _MOST_MESSAGES):
            entries = [
                {"Id": str(number), "MessageBody": body}
                for number, body in enumerate(bodies[start : start + _MOST_MESSAGES])
            ]
            response = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            if failed := response.get("Failed"):
                raise QueueRefusedError(f"{len(failed)} messages: {failed[0].get('Message', '')}")
