"""The sweep: announces object versions that the ledger does not know as finished."""

from shared import cold_start

cold_start.begin()
