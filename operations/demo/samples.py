"""Which files the demo uploads, and where to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from operations.errors import OperationError
from pipeline.datasets import Dataset

DEFINITIONS = ("dataset.toml", "schema.json")
_SAMPLES = "samples"


@dataclass(frozen=True)
class Sample:
    """One file and the object that it becomes.

    Parameters
    ----------
    path
        The file.
    dataset
        Its kind of data.
    key
        The object's key.
    region
        The region that it is uploaded in.
    """

    path: Path
    dataset: Dataset
    key: str
    region: str

    @property
    def routed(self) -> bool:
        """Whether a rule announces the object: its suffix is one of the dataset's formats."""
        return self.key.endswith(self.dataset.suffixes)


def stray_files(given: Path) -> list[str]:
    """Return the names of files that are in no dataset's folder: nobody knows what they are."""
    return sorted(path.name for path in given.iterdir() if not path.is_dir())


def link_datasets(given: Path, shipped: Path, target: Path) -> None:
    """Make a folder with exactly the datasets of a folder of input.

    A folder ``<dataset>/`` of the input that has a ``schema.json`` or a ``dataset.toml`` is a
    dataset by itself; any other takes the project's dataset of its name.

    Parameters
    ----------
    given
        The folder of input.
    shipped
        The project's datasets.
    target
        The folder to make; what it held is removed.

    Raises
    ------
    OperationError
        When the input has no folders, or one for a dataset that does not exist.
    """
    target.mkdir(parents=True, exist_ok=True)
    for old in target.iterdir():
        old.unlink()
    for path in _folders(given):
        own = any((path / name).is_file() for name in DEFINITIONS)
        source = path if own else shipped / path.name
        if not source.is_dir():
            known = ", ".join(sorted(each.name for each in shipped.iterdir() if each.is_dir()))
            raise OperationError(
                f"{path} has files for the dataset {path.name}, which does not exist. There are:"
                f" {known}. Rename the folder, or put a schema.json and a dataset.toml into it."
            )
        (target / path.name).symlink_to(source.resolve())


def collect(
    datasets: Sequence[Dataset], regions: Sequence[str], given: Path | None
) -> list[Sample]:
    """Return the files to upload, alternating between the regions.

    Parameters
    ----------
    datasets
        All kinds of data of the environment.
    regions
        Where files can land.
    given
        A folder with ``<dataset>/`` folders in it; None: the samples that the datasets bring.

    Raises
    ------
    OperationError
        When there are no files, or none that a dataset takes.
    """
    found = list(_given(datasets, given) if given else _shipped(datasets))
    place = given or "datasets/*/samples"
    if not found:
        raise OperationError(f"{place} has no files to process")
    samples = [
        Sample(path, dataset, key, regions[number % len(regions)])
        for number, (path, dataset, key) in enumerate(found)
    ]
    if not any(sample.routed for sample in samples):
        first, taken = samples[0], ", ".join(samples[0].dataset.suffixes)
        raise OperationError(
            f"no file of {place} would be processed: {first.path.name}, for example, has none of"
            f" the suffixes of the dataset {first.dataset.name}: {taken}"
        )
    return samples


def _shipped(datasets: Sequence[Dataset]) -> Iterator[tuple[Path, Dataset, str]]:
    for dataset in datasets:
        yield from _files(dataset, dataset.folder / _SAMPLES)


def _given(datasets: Sequence[Dataset], folder: Path) -> Iterator[tuple[Path, Dataset, str]]:
    by_name = {dataset.name: dataset for dataset in datasets}
    for path in _folders(folder):
        yield from _files(by_name[path.name], path)


def _files(dataset: Dataset, folder: Path) -> Iterator[tuple[Path, Dataset, str]]:
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        defines = len(relative.parts) == 1 and path.name in DEFINITIONS
        if path.is_file() and not defines:
            inside = relative.relative_to(_SAMPLES) if relative.parts[0] == _SAMPLES else relative
            yield path, dataset, dataset.prefix + inside.as_posix()


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise OperationError(f"{folder} is not a folder with <dataset>/ folders in it")
    found = sorted(path for path in folder.iterdir() if path.is_dir())
    if not found:
        raise OperationError(f"{folder} has no folders: put the files into {folder}/<dataset>/")
    return found
