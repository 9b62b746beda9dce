"""What the data path and the synth cost, beside what a user would pick instead: ``make bench``."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
"""What a benchmark makes for itself; nothing of it is committed."""
