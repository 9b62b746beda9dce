"""The stream consumer that keeps the audit trail of the processed-data table."""
