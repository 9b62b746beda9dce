"""The packages that Lambda's Python runtimes bring along, and nothing else of the host's.

A function that forgot a dependency must fail here as it fails on AWS, so sandboxes do not see the
host's site-packages, only links to boto3, the runtime interface client and what these two need.
https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-pypath
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import shutil
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement

from embedded_aws.functions.code import once
from embedded_aws.state import RUN

PROVIDED = ("awslambdaric", "boto3")


def _distributions() -> dict[str, importlib.metadata.Distribution]:
    found: dict[str, importlib.metadata.Distribution] = {}
    wanted = list(PROVIDED)
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        found[name] = importlib.metadata.distribution(name)
        for line in found[name].requires or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                wanted.append(requirement.name)
    return found


def folder() -> Path:
    """Return the folder that stands for `/var/runtime`."""
    distributions = _distributions()
    names = [f"{name}=={d.version} {d.locate_file('')}" for name, d in distributions.items()]
    digest = hashlib.sha256("\n".join([sys.version, *sorted(names)]).encode()).hexdigest()[:16]
    target = RUN.cache / "runtime" / digest
    with once(str(target)):
        if target.exists():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".runtime-", dir=target.parent))
        try:
            for distribution in distributions.values():
                _link(distribution, making)
            making.rename(target)
        except OSError:
            if not target.exists():
                raise
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return target


def _link(distribution: importlib.metadata.Distribution, folder: Path) -> None:
    tops = {file.parts[0] for file in distribution.files or [] if file.parts[0] != ".."}
    for top in tops - {"__pycache__"}:
        link = folder / top
        if not link.exists():
            link.symlink_to(Path(str(distribution.locate_file(top))).resolve())
