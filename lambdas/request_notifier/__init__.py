"""The function that tells subscribers of a request that is done."""

from shared import cold_start

cold_start.begin()
