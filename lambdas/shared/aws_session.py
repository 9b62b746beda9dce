"""The botocore session of a function, which starts faster than usual."""

import gzip
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

_DOCS = "botocore.docs"
_OPENERS: dict[str, Callable[..., Any]] = {".json": open, ".json.gz": gzip.open}


@lru_cache(maxsize=1)
def aws_session() -> Any:
    """Return the one session of this process: its clients share loaded service models."""
    _leave_out_documentation()
    import botocore.loaders  # noqa: PLC0415 - after the line above
    import botocore.session  # noqa: PLC0415

    session = botocore.session.get_session()
    loader = botocore.loaders.Loader(file_loader=_DataFiles())
    session.register_component("data_loader", loader)
    return session


class _DataFiles:
    """Reads the descriptions of services: in a fifth of the time, which is a part of a cold start.

    It stands in for ``botocore.loaders.JSONFileLoader``.
    """

    def exists(self, file_path: str) -> bool:
        """Whether there is a file of that name, which comes without its suffix."""
        return any(Path(file_path + suffix).is_file() for suffix in _OPENERS)

    def load_file(self, file_path: str) -> Any:
        """Return a file's content; None when there is no such file."""
        for suffix, open_file in _OPENERS.items():
            with suppress(FileNotFoundError), open_file(file_path + suffix, "rb") as file:
                return msgspec.json.decode(file.read())
        return None


class _NoDocstring(str):
    """The docstring of an operation, which nobody asks a function for."""

    def __new__(cls, *_: object, **__: object) -> "_NoDocstring":
        return super().__new__(cls)


def _leave_out_documentation() -> None:
    """Keep botocore from importing what writes the docstrings of clients.

    It is a tenth of botocore. The package ``botocore.docs`` stays, for its other modules, but its
    ``__init__`` does not run before somebody asks for what is in it, as boto3 does.
    """
    spec = find_spec(_DOCS) if _DOCS not in sys.modules else None
    if spec is None or spec.loader is None:
        return
    package, loader = module_from_spec(spec), spec.loader
    docstrings = ModuleType(f"{_DOCS}.docstring")
    for name in ("ClientMethodDocstring", "PaginatorDocstring", "WaiterDocstring"):
        setattr(docstrings, name, _NoDocstring)

    def load(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        del package.__getattr__
        sys.modules.pop(docstrings.__name__, None)
        loader.exec_module(package)
        return getattr(package, name)

    package.__getattr__ = load  # type: ignore[method-assign]
    sys.modules |= {_DOCS: package, docstrings.__name__: docstrings}
