"""A domain name for the API of both regions, and the way to the one that is healthy."""
