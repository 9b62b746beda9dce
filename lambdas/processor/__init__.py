"""The function that turns object versions into items of the processed-data table."""

from shared import cold_start

cold_start.begin()
