"""``make redrive``: what could not be processed is shown with its cause, and sent back."""
