"""What the functions share: datasets, object versions, and the way from bytes to items."""
