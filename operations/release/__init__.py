"""``make release`` and ``make rollback``: new versions of functions come into use step by step."""
