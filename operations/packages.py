"""What the synth packs, built before it so that its progress is seen: cdktf shows none of it."""

from __future__ import annotations

from operations import ROOT
from pipeline.config import Environment
from pipeline.packaging import dependency_layer

_LOCK = ROOT / "lambdas" / "requirements.lock"


def build_layer(environment: Environment) -> None:
    """Build the functions' dependency layer, once per lock and processor.

    Raises
    ------
    PipelineError
        When its wheels cannot be downloaded.
    """
    dependency_layer(_LOCK, environment.functions.architecture)
