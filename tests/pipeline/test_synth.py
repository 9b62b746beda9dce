"""``python main.py``: the same bytes every time, and a sentence instead of a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LINKED = ("constructs", "lambdas", "build")
LEFT_OUT = {"NODE_OPTIONS", "JSII_NODE", "TF_WORKSPACE", "CDKTF_OUTDIR"}


def run(
    project: Path, workspace: str | None, outdir: Path, command: Iterable[str] = ("main.py",)
) -> subprocess.CompletedProcess[str]:
    """Run the app as ``cdktf synth`` does, in a child process."""
    environment = {key: value for key, value in os.environ.items() if key not in LEFT_OUT}
    if workspace is not None:
        environment["TF_WORKSPACE"] = workspace
    return subprocess.run(
        [sys.executable, *command],
        cwd=project,
        env={**environment, "CDKTF_OUTDIR": str(outdir)},
        capture_output=True,
        text=True,
        check=False,
    )


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A project whose environments and datasets a test may change; the rest is this project's."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "main.py").write_bytes((PROJECT / "main.py").read_bytes())
    for name in LINKED:
        (project / name).symlink_to(PROJECT / name)
    for folder in ("environments", "datasets"):
        for path in (PROJECT / folder).rglob("*"):
            if path.suffix in {".toml", ".json"} and "samples" not in path.parts:
                target = project / path.relative_to(PROJECT)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
    return project


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same environment in two folders, whose parents do not exist yet."""
    first = tmp_path_factory.mktemp("first") / "deep" / "out"
    second = tmp_path_factory.mktemp("second") / "elsewhere" / "cdktf.out"
    for folder in (first, second):
        done = run(PROJECT, "dev", folder)
        assert done.returncode == 0, done.stderr
    return first, second


def test_two_synths_give_the_same_bytes(twice: tuple[Path, Path]) -> None:
    """R-F1, R-B11: JSON, manifest and zips, wherever they are written to."""
    first, second = (tree(folder) for folder in twice)

    assert list(first) != []
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []
    assert {Path(name).suffix for name in first} == {".json", ".zip"}


def test_nothing_of_this_machine_is_in_the_output(twice: tuple[Path, Path]) -> None:
    """R-F1: no path, no user; another checkout gives the same plan."""
    for name, content in tree(twice[0]).items():
        if name.endswith(".json"):
            for here in (str(PROJECT), str(twice[0]), str(Path.home())):
                assert here not in content.decode(), f"{here} is in {name}"


def test_every_asset_that_the_json_names_is_there(twice: tuple[Path, Path]) -> None:
    """R-E7, R-F1: with the bytes whose hash Terraform compares."""
    for stack in ("primary", "secondary"):
        folder = twice[0] / "stacks" / stack
        objects = json.loads((folder / "cdk.tf.json").read_bytes())["resource"]["aws_s3_object"]
        assert len(objects) == 7
        for body in objects.values():
            assert (folder / body["source"]).is_file()


def test_a_whole_synth_loads_few_of_the_providers_modules(tmp_path: Path) -> None:
    """R-F8: the provider has 4,400."""
    count = (
        "import sys; sys.argv = ['main.py']; sys.path.insert(0, '.'); import main\n"
        "code = main.main()\n"
        "names = [n for n in sys.modules if n.startswith('cdktf_cdktf_provider_aws')]\n"
        "print(len(names)); sys.exit(code)"
    )

    done = run(PROJECT, "prod", tmp_path / "out", ["-c", count])

    assert done.returncode == 0, done.stderr
    assert 10 < int(done.stdout) < 200


@pytest.mark.parametrize("workspace", [None, "", "prdo", "default", "../dev"])
def test_a_wrong_workspace_is_refused_with_the_right_ones(
    tmp_path: Path, workspace: str | None
) -> None:
    """R-C1: missing, misspelt or Terraform's own default: nothing is written."""
    done = run(PROJECT, workspace, tmp_path / "out")

    assert done.returncode == 1
    assert "TF_WORKSPACE" in done.stderr
    assert "dev, prod, staging" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_misspelt_workspace_is_answered_with_the_one_that_was_meant(tmp_path: Path) -> None:
    """R-C1."""
    assert "did you mean prod?" in run(PROJECT, "prdo", tmp_path / "out").stderr.lower()


def test_all_errors_of_a_configuration_come_at_once(copy: Path, tmp_path: Path) -> None:
    """R-C1: each with file, key, value and what is allowed."""
    file = copy / "environments" / "dev.toml"
    text = file.read_text().replace("memory_mb = 512", "memory_mb = 64", 1)
    text = text.replace("log_retention_days = 7", "log_retention_days = 8")
    text = text.replace('primary = "us-east-1"', 'primary = "us-esat-1"')
    file.write_text(text + "\n[surprise]\nkey = 1\n")

    done = run(copy, "dev", tmp_path / "out")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for words in (
        ("functions.processor.memory_mb", "64", "128"),
        ("functions.log_retention_days", "8", "7"),
        ("regions.primary", "us-esat-1", "us-east-1"),
        ("surprise",),
    ):
        (line,) = (line for line in done.stderr.splitlines() if words[0] in line)
        assert "environments/dev.toml" in line
        assert all(word in line for word in words), line


def test_a_wrong_dataset_is_refused_with_its_file_and_what_is_allowed(
    copy: Path, tmp_path: Path
) -> None:
    """R-A3, R-F5: before anything is built."""
    file = copy / "datasets" / "orders" / "dataset.toml"
    file.write_text(file.read_text().replace('"csv"', '"xlsx"'))

    done = run(copy, "dev", tmp_path / "out")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    (line,) = (line for line in done.stderr.splitlines() if "dataset.toml" in line)
    for word in ("datasets/orders/dataset.toml", "formats", "xlsx", "jsonl", "csv"):
        assert word in line
    assert not (tmp_path / "out").exists()


def test_a_dropped_in_dataset_gets_its_rules_in_both_regions(copy: Path, tmp_path: Path) -> None:
    """R-F5, R-A3: a folder with a schema, no code."""
    folder = copy / "datasets" / "invoices"
    folder.mkdir()
    (folder / "dataset.toml").write_text('formats = ["csv"]\n')
    (folder / "schema.json").write_text('{"type": "object"}')

    done = run(copy, "dev", tmp_path / "out")

    assert done.returncode == 0, done.stderr
    for stack in ("primary", "secondary"):
        text = (tmp_path / "out" / "stacks" / stack / "cdk.tf.json").read_text()
        rules = json.loads(text)["resource"]["aws_cloudwatch_event_rule"].values()
        (rule,) = (each for each in rules if each["name"] == "serverless-invoices-objects-dev")
        keys = json.loads(rule["event_pattern"])["detail"]["object"]["key"]
        assert keys == [{"wildcard": "invoices/*.csv"}, {"wildcard": "invoices/*.csv.gz"}]
