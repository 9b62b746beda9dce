"""AWS inside one process: moto over HTTP, functions that really run, and what moto lacks."""
