"""Buckets, tables and the key that encrypts them."""
