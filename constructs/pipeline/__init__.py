"""The infrastructure of the data pipeline as CDK for Terraform constructs."""


class PipelineError(Exception):
    """An error that a person can act on: its message is one text, shown without traceback."""
