"""The sweep: announces object versions that the ledger does not know as finished."""
