"""The work queue, as far as its consumer has a say: when messages come back, and new ones."""

from typing import Any

LONGEST_VISIBILITY = 43_200
"""Seconds: "ChangeMessageVisibility", Amazon SQS API reference."""


class WorkQueue:
    """Visibility of messages, and messages for what is left of a long object.

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

    def show_again(self, receipt_handle: str, seconds: int) -> None:
        """Let a message that was received come back after some seconds."""
        self._client.change_message_visibility(
            QueueUrl=self._url,
            ReceiptHandle=receipt_handle,
            VisibilityTimeout=max(0, min(seconds, LONGEST_VISIBILITY)),
        )

    def send(self, body: str) -> None:
        """Add a message.

        Parameters
        ----------
        body : str
            See `shared.announcement`; at most 1 MiB ("SendMessage", Amazon SQS API reference).
        """
        self._client.send_message(QueueUrl=self._url, MessageBody=body)
