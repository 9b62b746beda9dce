"""Queues and what may send to them."""
