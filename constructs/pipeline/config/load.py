"""Reads an environment file and reports everything that is wrong in it at once."""

from pathlib import Path

from pipeline.config.combinations import combination_problems, singleton_problems
from pipeline.config.model import Environment
from pipeline.config.problems import MISSING, ConfigurationError, Problem, did_you_mean
from pipeline.config.reading import read_toml, validated


def available_environments(folder: Path) -> tuple[str, ...]:
    """Return the names of the environments that a folder describes, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml") if path.is_file()))


def load_environment(name: str, folder: Path) -> Environment:
    """Return the environment of a name.

    Parameters
    ----------
    name : str
        The Terraform workspace, which is the name of the file without ``.toml``.
    folder : Path
        The folder of all environment files.

    Raises
    ------
    ConfigurationError
        With every problem of the file, or with the right names when there is no such file.
    """
    known = available_environments(folder)
    if name not in known:
        raise ConfigurationError([_unknown_workspace(name, folder, known)])
    file = f"{folder.name}/{name}.toml"
    raw = read_toml(folder / f"{name}.toml", file)
    environment, problems = validated(Environment, raw, file)
    wrong = {problem.key for problem in problems}
    problems += combination_problems(file, name, raw, wrong)
    problems += singleton_problems(file, name, raw, folder)
    if problems or environment is None:
        raise ConfigurationError(problems)
    return environment


def _unknown_workspace(name: str, folder: Path, known: tuple[str, ...]) -> Problem:
    if not known:
        return Problem(folder.name, "", MISSING, "has no environment files (<name>.toml)")
    if not name:
        allowed = f"must be set to an environment: {', '.join(known)}"
        return Problem(folder.name, "TF_WORKSPACE", MISSING, allowed)
    allowed = f"there is no such environment; there are: {', '.join(known)}"
    return Problem(folder.name, "TF_WORKSPACE", name, allowed + did_you_mean(name, known))
