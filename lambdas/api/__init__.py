"""The function behind the REST API."""

from shared import cold_start

cold_start.begin()
