"""Functions, their code in the artifacts bucket, and what calls them."""
