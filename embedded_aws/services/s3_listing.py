"""Listing of a bucket while others write, page by page while it is emptied.

Stands in for
- `S3Backend.list_object_versions`: moto copies every object with its content for each page, orders
  versions of one millisecond wrongly, and finds nothing after a marker whose version is gone, so
  that whoever deletes page by page stops after the first;
- `S3Backend.list_objects` and `list_objects_v2`: they go through the keys while those change.

Source: S3 API, ListObjectVersions: markers say where to begin, be it there or not; the versions of
a key are listed with the newest first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time_millis
from moto.s3.models import FakeKey, S3Backend

from embedded_aws.services.s3_writes import LOCK
from embedded_aws.services.seams import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class _Listed:
    """A version or delete marker of moto, and whether it is its key's latest."""

    version: Any
    is_latest: bool

    def __getattr__(self, name: str) -> Any:
        return getattr(self.version, name)


def _list_object_versions(
    _original: Callable[..., Any],
    backend: S3Backend,
    bucket_name: str,
    delimiter: str | None = None,
    key_marker: str | None = None,
    max_keys: int | None = 1000,
    prefix: str = "",
    version_id_marker: str | None = None,
) -> tuple[list[_Listed], list[str], list[_Listed], str | None, str | None]:
    prefix = prefix or ""
    versions: list[_Listed] = []
    markers: list[_Listed] = []
    folders: list[str] = []
    last: tuple[str, str | None] = ("", None)
    with LOCK:
        keys = backend.get_bucket(bucket_name).keys
        for held in _after(keys, prefix, key_marker or "", version_id_marker or ""):
            folder = _folder(held.name, prefix, delimiter)
            if folder and (folder == key_marker or folder in folders[-1:]):
                continue
            if max_keys is not None and len(versions) + len(markers) + len(folders) >= max_keys:
                return versions, folders, markers, last[0] or None, last[1]
            if folder:
                folders.append(folder)
                last = (folder, None)
            else:
                (versions if isinstance(held.version, FakeKey) else markers).append(held)
                last = (held.name, str(held.version_id))
    return versions, folders, markers, None, None


def _after(keys: Any, prefix: str, key_marker: str, version_id_marker: str) -> Iterator[_Listed]:
    """Go through what stands behind the markers, the newest version of a key first."""
    for name in sorted(name for name in keys if name.startswith(prefix) and name >= key_marker):
        held = list(reversed(keys.getlist(name)))  # of one millisecond: the one put last is first
        held.sort(key=lambda each: -unix_time_millis(each.last_modified))
        ids = [str(each.version_id) for each in held]
        begin = 0
        if name == key_marker:
            if version_id_marker in ids:
                begin = ids.index(version_id_marker) + 1
            elif not version_id_marker:
                begin = len(ids)
        yield from (_Listed(each, at == 0) for at, each in enumerate(held) if at >= begin)


def _folder(name: str, prefix: str, delimiter: str | None) -> str:
    """Return the common prefix that stands for a key in the list, or nothing."""
    if not delimiter or delimiter not in name[len(prefix) :]:
        return ""
    return name[: name.index(delimiter, len(prefix)) + len(delimiter)]


def _locked(original: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    with LOCK:
        return original(*arguments, **named)


def install() -> None:
    """List our way."""
    stand_in(S3Backend, "list_object_versions", _list_object_versions)
    stand_in(S3Backend, "list_objects", _locked)
    stand_in(S3Backend, "list_objects_v2", _locked)
