"""``make review``: what a person reads before a deploy, and what stops it (row F7)."""
