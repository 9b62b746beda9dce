"""How an object that lands in a bucket becomes work for the processor (rows A3, B4)."""
