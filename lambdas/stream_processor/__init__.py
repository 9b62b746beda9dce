"""The one consumer of the processed-data table's stream: audit trail and rank."""

from shared import cold_start

cold_start.begin()
