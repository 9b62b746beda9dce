"""The work queue and its dead-letter queue, as far as the consumer of messages has a say."""

import re
from collections.abc import Sequence
from typing import Any

LONGEST_VISIBILITY = 43_200
"""Seconds: "ChangeMessageVisibility", Amazon SQS API reference."""

LONGEST_DELAY = 900
"""Seconds: "SendMessage", Amazon SQS API reference."""

_NOT_ALLOWED = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
"""What a message attribute may not hold (the same page); compiled when it is needed: it takes as
long as a dozen modules."""


class WorkQueue:
    """Visibility and end of messages, and new messages.

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

    def delete(self, receipt_handles: Sequence[str]) -> None:
        """Take messages from the queue that are done with; ten at most."""
        entries = [
            {"Id": str(number), "ReceiptHandle": handle}
            for number, handle in enumerate(receipt_handles)
        ]
        self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)

    def send(self, body: str, *, delay: float = 0.0) -> None:
        """Add a message.

        Parameters
        ----------
        body : str
            See `shared.announcement`; at most 1 MiB ("SendMessage", Amazon SQS API reference).
        delay : float
            Seconds until it can be received, at most `LONGEST_DELAY`.
        """
        self._client.send_message(
            QueueUrl=self._url,
            MessageBody=body,
            DelaySeconds=max(0, min(round(delay), LONGEST_DELAY)),
        )


class DeadLetterQueue:
    """Where messages end that nobody can process.

    Parameters
    ----------
    client : botocore client
        Of SQS.
    url : str
        ``DEAD_LETTER_QUEUE_URL``.
    """

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def bury(self, body: str, code: str, cause: str) -> None:
        """Keep a message with the cause of its end.

        Parameters
        ----------
        body : str
            The message as it was.
        code, cause : str
            The attributes ERROR_CODE and ERROR_MESSAGE, by which EventBridge, too, tells in this
            queue why it could not deliver an event ("Using dead-letter queues to process
            undelivered events", EventBridge User Guide).
        """
        attributes = {"ERROR_CODE": code, "ERROR_MESSAGE": re.sub(_NOT_ALLOWED, "?", cause)[:1024]}
        self._client.send_message(
            QueueUrl=self._url,
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        )
