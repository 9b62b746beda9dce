"""The functions of the pipeline: what each may do, and what each is made of."""
