"""The packages of an environment: what the stacks upload to the artifacts bucket."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.api.document import load_document, published
from pipeline.config import Environment
from pipeline.packaging import Package, dependency_layer, function_package


@dataclass(frozen=True)
class Packages:
    """The zips of the functions and of the layer that they share."""

    processor: Package
    stream: Package
    sweep: Package
    api: Package
    request_validator: Package
    request_notifier: Package
    layer: Package


def build_packages(root: Path, environment: Environment, datasets: bytes) -> Packages:
    """Build what is not built yet.

    Parameters
    ----------
    root
        The project's folder.
    environment
        The configuration.
    datasets
        ``datasets.json`` for the functions that look at objects.

    Raises
    ------
    PackagingError
        When the layer's wheels cannot be downloaded.
    """
    api = environment.api
    document = published(load_document(), authorization=api.authorization, api_key=api.api_key)
    return Packages(
        processor=function_package("processor", {"datasets.json": datasets}),
        stream=function_package("stream_processor", {}),
        sweep=function_package("sweep", {"datasets.json": datasets}),
        api=function_package("api", {"datasets.json": datasets, "openapi.json": document}),
        request_validator=function_package("request_validator", {"datasets.json": datasets}),
        request_notifier=function_package("request_notifier", {}),
        layer=dependency_layer(
            root / "lambdas" / "requirements.lock", environment.functions.architecture
        ),
    )
