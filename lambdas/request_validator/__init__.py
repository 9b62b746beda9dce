"""The function that says whether the records of a request are valid."""

from shared import cold_start

cold_start.begin()
