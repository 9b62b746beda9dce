"""What the data path and the synth cost, beside what a user would pick instead: ``make bench``."""

from operations import ROOT

__all__ = ["BUILD", "ROOT"]

BUILD = ROOT / "build" / "bench"
"""What a benchmark makes for itself; nothing of it is committed."""
