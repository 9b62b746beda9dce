"""The function that turns object versions into items of the processed-data table."""
