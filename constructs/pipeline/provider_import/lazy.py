"""Imports of the AWS provider's bindings that cost what is used, not what there is.

The package's own ``__init__`` imports 2,200 sub-packages (6.5 s, and 3 s more at exit), and its
JavaScript index loads as many modules. A bare namespace in the package's place and the index that
loads lazily give the same classes and the same JSON in a tenth of the time.
"""

import importlib
import importlib.util
import os
import sys
import warnings
from pathlib import Path
from typing import Any

from pipeline.provider_import.node import use_node

PROVIDER = "cdktf_cdktf_provider_aws"
# MB: the kernel lives for a second, so most collections of its young objects are for nothing.
_YOUNG_GENERATION = "--max-semi-space-size=64"
_HOOK = Path(__file__).with_name("lazy_index.cjs")
_SAVED: list[str | None] = []


def use_lazy_provider() -> None:
    """Prepare the process; call it before anything imports cdktf or the provider.

    After cdktf is imported, and with it jsii's Node.js process started, call
    ``restore_node_options``. When the provider is laid out otherwise than expected, the stock
    import remains, with a warning: slow, and right.
    """
    use_node()
    _namespace_only()
    if not _HOOK.is_file():
        warnings.warn(f"{_HOOK.name} is missing; the synth is slower", stacklevel=2)
        return
    if not _SAVED:
        _SAVED.append(os.environ.get("NODE_OPTIONS"))
        options = f'{_YOUNG_GENERATION} --require "{_escaped(_HOOK)}"'
        os.environ["NODE_OPTIONS"] = f"{_SAVED[0] or ''} {options}".strip()


def restore_node_options() -> None:
    """Take the hook out of the environment again, so that no other Node.js program inherits it."""
    if not _SAVED:
        return
    saved = _SAVED.pop()
    if saved is None:
        os.environ.pop("NODE_OPTIONS", None)
    else:
        os.environ["NODE_OPTIONS"] = saved


def _namespace_only() -> None:
    """Put the provider package into ``sys.modules`` without running its ``__init__``."""
    if PROVIDER in sys.modules:
        return
    spec = importlib.util.find_spec(PROVIDER)
    if spec is None or not spec.submodule_search_locations:
        warnings.warn(f"{PROVIDER} is not a package; its stock import is used", stacklevel=3)
        return
    module = importlib.util.module_from_spec(spec)

    def load(name: str) -> Any:
        """Import a sub-package at its first use as an attribute."""
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return importlib.import_module(f"{PROVIDER}.{name}")
        except ModuleNotFoundError as error:
            raise AttributeError(f"{PROVIDER} has no {name}") from error

    module.__getattr__ = load  # type: ignore[method-assign]
    sys.modules[PROVIDER] = module


def _escaped(path: Path) -> str:
    # Node.js, "NODE_OPTIONS": inside double quotes a backslash escapes.
    return str(path).replace("\\", "\\\\").replace('"', '\\"')
