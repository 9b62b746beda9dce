"""The parts of the project know each other in one direction only."""

import ast
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "main": (ROOT, "main.py"),
    "pipeline": (ROOT / "constructs" / "pipeline", "**/*.py"),
    "operations": (ROOT / "operations", "**/*.py"),
    "lambdas": (ROOT / "lambdas", "**/*.py"),
    "embedded_aws": (ROOT / "embedded_aws", "**/*.py"),
}
FUNCTIONS = {"processor", "stream_processor", "sweep", "shared", "api"}
FUNCTIONS |= {"request_validator", "request_notifier"}
OURS = {"main", "pipeline", "operations", "embedded_aws"} | FUNCTIONS

# What each part may import of the project: a module, or everything below it.
ALLOWED = {
    "main": {"pipeline"},
    "pipeline": {"pipeline"},
    # The settings of an environment and what follows from them alone; never a construct.
    "operations": {
        "operations",
        "pipeline.config",
        "pipeline.datasets",
        "pipeline.layout",
        "pipeline.naming",
        "pipeline.packaging",
        "pipeline.PipelineError",
    },
    "lambdas": FUNCTIONS,
    "embedded_aws": {"embedded_aws"},
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def forbidden(part: str, path: Path) -> list[str]:
    ours = [name for name in imported(path) if name.split(".")[0] in OURS]
    allowed = ALLOWED[part]
    return [
        name
        for name in ours
        if not any(name == each or name.startswith(f"{each}.") for each in allowed)
    ]


@pytest.mark.parametrize("part", PACKAGES)
def test_a_part_imports_only_what_the_design_lets_it(part: str) -> None:
    """Imports run main -> pipeline, operations -> pipeline.config; lambdas and AWS know neither."""
    folder, pattern = PACKAGES[part]
    files = sorted(folder.glob(pattern))
    assert files, f"{part} has no files"

    wrong = {str(path.relative_to(ROOT)): forbidden(part, path) for path in files}

    assert {path: names for path, names in wrong.items() if names} == {}


def test_an_import_against_the_arrows_is_found(tmp_path: Path) -> None:
    source = tmp_path / "handler.py"
    source.write_text("from pipeline.config import Environment\nimport embedded_aws.server\n")

    assert forbidden("lambdas", source) == ["pipeline.config.Environment", "embedded_aws.server"]


def test_the_functions_do_not_import_each_other() -> None:
    for function, other in permutations(FUNCTIONS - {"shared"}, 2):
        for path in sorted((ROOT / "lambdas" / function).glob("**/*.py")):
            names = {name.split(".")[0] for name in imported(path)}
            assert other not in names, f"{path.name} of {function} imports {other}"


def test_the_source_root_of_the_constructs_does_not_hide_the_package_constructs() -> None:
    assert not (ROOT / "constructs" / "__init__.py").exists()


def test_nothing_that_is_deployed_knows_that_it_is_emulated() -> None:
    """The functions and the synthesized JSON are the same for AWS and for the embedded AWS."""
    words = ("embedded", "moto", "localhost", "127.0.0.1", "AWS_ENDPOINT_URL")
    for folder in (ROOT / "constructs", ROOT / "lambdas"):
        for path in sorted(folder.glob("**/*.py")):
            code = ast.unparse(_without_docstrings(ast.parse(path.read_text())))
            found = [word for word in words if word in code]
            assert not found, f"{path.relative_to(ROOT)} mentions {found}"


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            body[:1] = [ast.Pass()] if isinstance(body[0].value, ast.Constant) else body[:1]
    return tree
