"""The reference in docs/ is complete, and its examples are right."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from pipeline.config import Environment
from pipeline.datasets import load_datasets

DOCS = Path(__file__).resolve().parents[3] / "docs"


def documented() -> dict[str, str]:
    """Every key of the table in docs/configuration.md, with its default as it stands there."""
    found = {}
    for line in (DOCS / "configuration.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if not line.startswith("| `") or len(cells) != 5:
            continue
        keys = re.findall(r"`([a-z_.]+)`", cells[1])
        defaults = cells[2].split(", ") if len(keys) > 1 and cells[2] else [cells[2]] * len(keys)
        for key, default in zip(keys, defaults, strict=True):
            found[key] = default.strip("`").strip('"')
    return found


def settings(model: type[BaseModel], section: str = "") -> dict[str, Any]:
    """Every key of the model, with its default."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= settings(kind, f"{section}{name}.")
        else:
            default = "" if field.is_required() else field.get_default(call_default_factory=True)
            found[f"{section}{name}"] = default
    return found


def written(default: Any) -> str:
    if default is None:
        return "none"
    return str(default).lower() if isinstance(default, bool) else str(default)


def test_every_key_is_documented_with_its_default() -> None:
    """R-C1."""
    expected = {key: written(default) for key, default in settings(Environment).items()}

    assert documented() == expected


def test_example_of_a_dataset_is_accepted(tmp_path: Path) -> None:
    """R-F5: what the documentation shows works when it is copied."""
    text = (DOCS / "datasets.md").read_text("utf-8")
    example = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert example is not None
    folder = tmp_path / "datasets" / "orders"
    folder.mkdir(parents=True)
    (folder / "dataset.toml").write_text(example[1], "utf-8")
    (folder / "schema.json").write_text('{"type": "object"}', "utf-8")

    (dataset,) = load_datasets([tmp_path / "datasets"])

    assert (dataset.prefix, dataset.retention_days) == ("orders/", 365)


@pytest.mark.parametrize("name", ["configuration.md", "datasets.md"])
def test_documents_name_no_machine(name: str) -> None:
    text = (DOCS / name).read_text("utf-8")

    assert not re.search(r"/(home|work|tmp|root)/|https?://", text)
