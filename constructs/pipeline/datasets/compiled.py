"""What the functions are told of the datasets: ``datasets.json`` in their zips."""

import json
from collections.abc import Iterable

from pipeline.datasets.model import Dataset


def compiled(datasets: Iterable[Dataset]) -> bytes:
    """Return ``datasets.json``: the same bytes for the same datasets, wherever they were found.

    Everything in it was validated at synth, so that the functions need not.
    """
    content = {
        dataset.name: {
            "prefix": dataset.prefix,
            "formats": dataset.formats,
            "record": {
                "id": dataset.id_fields,
                "timestamp": dataset.timestamp,
                "timestamp_format": dataset.timestamp_format,
                "timezone": dataset.timezone,
            },
            "retention_days": dataset.retention_days,
            "schema": dataset.schema,
        }
        for dataset in sorted(datasets, key=lambda dataset: dataset.name)
    }
    return json.dumps(content, separators=(",", ":")).encode()
