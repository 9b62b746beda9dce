"""What every function of a region is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from constructs import Construct

from pipeline.compute.artifact import Artifact
from pipeline.compute.function import Function, FunctionProps
from pipeline.config import Environment
from pipeline.naming import Function as FunctionName
from pipeline.naming import Names


class Size(Protocol):
    """A function's part of the configuration."""

    @property
    def memory_mb(self) -> int:
        """128 to 10,240."""

    @property
    def timeout_seconds(self) -> int:
        """1 to 900."""


@dataclass(frozen=True)
class RegionalFunctionProps:
    """What a function needs of its stack.

    Parameters
    ----------
    environment, names
        The configuration and the naming rule.
    region
        Where it runs.
    code, layer_arn
        Its zip and its dependencies.
    """

    environment: Environment
    names: Names
    region: str
    code: Artifact
    layer_arn: str

    @property
    def replicated_from(self) -> dict[str, str]:
        """Return the variable that names the region from which objects are copied here, if any."""
        if not self.environment.data.replicate_ingestion_bucket:
            return {}
        (other,) = set(self.environment.both_regions) - {self.region}
        return {"REPLICATED_FROM": other}

    def build(
        self,
        scope: Construct,
        name: FunctionName,
        *,
        description: str,
        handler: str,
        size: Size,
        variables: Mapping[str, str],
    ) -> Function:
        """Add the function to a construct.

        Parameters
        ----------
        scope
            The construct that the function is part of.
        name
            What the naming rule calls it.
        description, handler
            One sentence for the console; ``module.function`` in the zip.
        size
            Its memory and its time-out.
        variables
            Its own environment variables, beside those that every function has.
        """
        names, settings = self.names, self.environment.functions
        common = {
            "TABLE_NAME": names.table("processed-data"),
            "LOG_LEVEL": settings.log_level,
            "POWERTOOLS_SERVICE_NAME": names.function(name),
            "POWERTOOLS_METRICS_NAMESPACE": names.metrics_namespace(),
        }
        return Function(
            scope,
            "function",
            FunctionProps(
                kind=name,
                name=names.function(name),
                description=description,
                handler=handler,
                role_arn=names.role_arn(name, self.region),
                code=self.code,
                layer_arn=self.layer_arn,
                log_group=names.log_group(name),
                log_retention_days=settings.log_retention_days,
                architecture=settings.architecture,
                memory_mb=size.memory_mb,
                timeout_seconds=size.timeout_seconds,
                tracing=settings.tracing,
                released_by_terraform=self.environment.release.strategy == "direct",
                variables={**common, **variables},
            ),
        )
