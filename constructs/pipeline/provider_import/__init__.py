"""Makes the import of the AWS provider's bindings fast; see ``lazy``."""

from pipeline.provider_import.lazy import restore_node_options, use_lazy_provider
from pipeline.provider_import.node import NodeError

__all__ = ["NodeError", "restore_node_options", "use_lazy_provider"]
