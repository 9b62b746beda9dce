"""The environments that a team deploys: files in, one frozen model out."""

from pipeline.config.load import available_environments, load_environment
from pipeline.config.model import Environment
from pipeline.config.problems import ConfigurationError, Problem

__all__ = [
    "ConfigurationError",
    "Environment",
    "Problem",
    "available_environments",
    "load_environment",
]
