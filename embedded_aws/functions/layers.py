"""`/opt` of a function: its layers, made fit for the host.

A layer is built for Lambda's processor and Python. Distributions in it that the host cannot load
(going by the tags in their `WHEEL` file, PEP 425) are replaced by the host's wheels of the same
name and version; everything else is used as it is in the layer.
"""

from __future__ import annotations

import email.parser
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.tags import parse_tag, sys_tags

from embedded_aws.functions.code import once, unpack
from embedded_aws.state import RUN, EmbeddedAwsError

if TYPE_CHECKING:
    from collections.abc import Iterable


@lru_cache
def _host_tags() -> frozenset[str]:
    return frozenset(str(tag) for tag in sys_tags())


def fits_host(wheel: str) -> bool:
    """Say whether a distribution with this `WHEEL` metadata can be loaded on this host."""
    tags = email.parser.Parser().parsestr(wheel).get_all("Tag") or ["py3-none-any"]
    return any(str(tag) in _host_tags() for line in tags for tag in parse_tag(line.strip()))


def foreign(site: Path) -> dict[str, list[str]]:
    """Return the distributions in a folder that do not fit the host, with their files."""
    found = {}
    for info in sorted(site.glob("*.dist-info")):
        wheel = info / "WHEEL"
        if not wheel.is_file() or fits_host(wheel.read_text(encoding="utf-8")):
            continue
        metadata = email.parser.Parser().parsestr(
            (info / "METADATA").read_text(encoding="utf-8"), headersonly=True
        )
        found[f"{metadata['Name']}=={metadata['Version']}"] = _files(info)
    return found


def _files(info: Path) -> list[str]:
    record = info / "RECORD"
    if not record.is_file():
        return [info.name]
    names = [line.split(",")[0] for line in record.read_text(encoding="utf-8").splitlines()]
    return [name for name in names if name and not name.startswith(("/", ".."))]


def opt_folder(layers: Iterable[Any]) -> Path | None:
    """Return the folder that stands for `/opt` with these layers merged, later ones on top.

    Parameters
    ----------
    layers
        moto's `LayerVersion` objects in the function's order.
    """
    layers = list(layers)
    if not layers:
        return None
    parts = [unpack(layer.code_bytes, layer.code_sha_256, "layers") for layer in layers]
    names = "\n".join([*(part.name for part in parts), sys.version, sys.platform])
    target = RUN.cache / "opt" / hashlib.sha256(names.encode()).hexdigest()[:32]
    with once(str(target)):
        if not target.exists():
            _merge(parts, target)
    replaced = json.loads((target / ".replaced.json").read_text(encoding="utf-8"))
    if replaced:
        RUN.notice(
            f"layer {', '.join(layer.name for layer in layers)}: built for another processor or "
            f"Python, replaced by this host's wheels of the same versions: {', '.join(replaced)}"
        )
    return target


def _merge(parts: list[Path], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".opt-", dir=target.parent))
    try:
        for part in parts:
            # Hard links: a layer has thousands of files and nothing changes them afterwards.
            shutil.copytree(part, making, dirs_exist_ok=True, copy_function=_link)
        replaced: list[str] = []
        for site in [making / "python", *making.glob("python/lib/python*/site-packages")]:
            replaced += _replace_foreign(site)
        text = json.dumps(sorted(replaced))
        (making / ".replaced.json").write_text(text, encoding="utf-8")
        making.rename(target)
    except OSError:
        if not target.exists():
            raise
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _link(source: str, target: str) -> None:
    Path(target).unlink(missing_ok=True)
    os.link(source, target)


def _replace_foreign(site: Path) -> list[str]:
    distributions = foreign(site)
    for requirement, files in distributions.items():
        wheel = host_install(requirement)
        for name in files:
            if (site / name).is_dir():
                shutil.rmtree(site / name)
            else:
                (site / name).unlink(missing_ok=True)
        shutil.copytree(wheel, site, dirs_exist_ok=True, copy_function=_link)
    return list(distributions)


def host_install(requirement: str) -> Path:
    """Return a folder with the host's wheel of `name==version`, installed once into the cache.

    pip takes its index from its own configuration (`PIP_INDEX_URL`, `PIP_FIND_LINKS`, ...).

    Raises
    ------
    EmbeddedAwsError
        pip cannot install it.
    """
    version = f"{sys.implementation.cache_tag}-{sys.platform}"
    target = RUN.cache / "wheels" / f"{requirement}-{version}"
    with once(str(target)):
        if target.exists():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".wheel-", dir=target.parent))
        try:
            command = [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"),
                *("--disable-pip-version-check", "--no-input", "--no-compile"),
                *("--target", str(making), requirement),
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                last = (done.stderr.strip().splitlines() or ["no message"])[-1]
                raise EmbeddedAwsError(
                    f"layer: {requirement} does not fit this host and pip cannot install it "
                    f"here: {last}"
                )
            if not target.exists():
                making.rename(target)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return target
