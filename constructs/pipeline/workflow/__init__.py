"""The workflow: a state machine that validates and processes requests, and tells of them."""
