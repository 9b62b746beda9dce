"""The stacks: what must never be lost, two disposable regions, and what spans them."""
