"""How AWS is told which objects belong to a dataset: by prefix and suffix together."""

import json
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import quote_plus

from pipeline.config.problems import MISSING, ConfigurationError, Problem
from pipeline.datasets.model import Dataset

# EventBridge, "Amazon EventBridge quotas": event pattern size, in characters.
LONGEST_EVENT_PATTERN = 2048
# S3, "Configuring event notifications": per bucket.
MOST_NOTIFICATIONS = 100


def event_pattern(dataset: Dataset, bucket: str) -> dict[str, Any]:
    """Return the EventBridge pattern of a dataset's new objects.

    A list of prefixes beside a list of suffixes would be an OR; a wildcard per suffix is an AND of
    its prefix and its suffix. EventBridge has raw keys, so nothing is URL-encoded here.

    Parameters
    ----------
    dataset : Dataset
        The dataset.
    bucket : str
        Name of the ingestion bucket.
    """
    return {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [bucket]},
            "object": {"key": [{"wildcard": key} for key in key_wildcards(dataset)]},
        },
    }


def event_pattern_text(dataset: Dataset, bucket: str) -> str:
    """Return the pattern as EventBridge gets it: the text whose length it limits."""
    return json.dumps(event_pattern(dataset, bucket), separators=(",", ":"), ensure_ascii=False)


def key_wildcards(dataset: Dataset) -> tuple[str, ...]:
    r"""Return a wildcard per suffix; ``*`` and ``\`` of the prefix itself are escaped."""
    prefix = dataset.prefix.replace("\\", "\\\\").replace("*", "\\*")
    return tuple(f"{prefix}*{suffix}" for suffix in dataset.suffixes)


def notification_filters(dataset: Dataset) -> tuple[tuple[str, str], ...]:
    """Return the prefix and suffix of each S3 notification of a dataset.

    S3, "Configuring event notifications using object key name filtering": a space becomes ``+``,
    other special characters are percent-encoded.
    """
    prefix = quote_plus(dataset.prefix, safe="/!-_.*'()")
    return tuple((prefix, suffix) for suffix in dataset.suffixes)


def check_triggers(
    datasets: Sequence[Dataset], trigger: Literal["eventbridge", "s3"], bucket: str
) -> None:
    """Check AWS's limits on what announces objects.

    Parameters
    ----------
    datasets : sequence of Dataset
        All datasets of an environment.
    trigger : {"eventbridge", "s3"}
        ``data.trigger`` of the environment.
    bucket : str
        Name of the ingestion bucket.

    Raises
    ------
    ConfigurationError
        With every dataset that is beyond a limit.
    """
    problems: list[Problem] = []
    if trigger == "s3":
        count = sum(len(notification_filters(dataset)) for dataset in datasets)
        if count > MOST_NOTIFICATIONS:
            allowed = (
                f"need {count} notifications, one per suffix; S3 allows {MOST_NOTIFICATIONS} for a "
                'bucket: use fewer formats, or data.trigger = "eventbridge"'
            )
            problems.append(Problem("datasets", "formats", MISSING, allowed))
    else:
        for dataset in datasets:
            length = len(event_pattern_text(dataset, bucket))
            if length > LONGEST_EVENT_PATTERN:
                file = f"{dataset.folder.parent.name}/{dataset.name}/dataset.toml"
                allowed = (
                    f"makes an event pattern of {length} characters; EventBridge allows "
                    f"{LONGEST_EVENT_PATTERN}: use a shorter prefix or fewer formats"
                )
                problems.append(Problem(file, "prefix", dataset.prefix, allowed))
    if problems:
        raise ConfigurationError(problems)
