"""The one consumer of the processed-data table's stream: audit trail and rank."""
