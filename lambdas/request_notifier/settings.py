"""The notifier's environment."""

from collections.abc import Mapping

from msgspec import Struct

from shared.aws_environment import EnvironmentReader


class Settings(Struct, frozen=True):
    """What the function is told when it starts.

    Parameters
    ----------
    topic_arn : str
        ``TOPIC_ARN``: where subscribers are.
    ledger_table_name : str
        ``LEDGER_TABLE_NAME``.
    region : str
        ``AWS_REGION``, set by the runtime.
    metrics_namespace, service : str
        ``POWERTOOLS_METRICS_NAMESPACE`` and ``POWERTOOLS_SERVICE_NAME``.
    log_level : str
        ``LOG_LEVEL``; INFO when it is not set.
    """

    topic_arn: str
    ledger_table_name: str
    region: str
    metrics_namespace: str
    service: str
    log_level: str

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> "Settings":
        """Read and check the environment.

        Raises
        ------
        InvalidEnvironmentError
            Naming every variable that is missing or wrong, and what is allowed.
        """
        reader = EnvironmentReader(variables)
        settings = cls(
            topic_arn=reader.text("TOPIC_ARN"),
            ledger_table_name=reader.table("LEDGER_TABLE_NAME"),
            region=reader.text("AWS_REGION"),
            metrics_namespace=reader.text("POWERTOOLS_METRICS_NAMESPACE"),
            service=reader.text("POWERTOOLS_SERVICE_NAME"),
            log_level=reader.log_level("LOG_LEVEL"),
        )
        reader.check()
        return settings
