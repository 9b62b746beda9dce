"""Reads TOML into a model; says in plain words what does not fit."""

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipeline.config.problems import MISSING, ConfigurationError, Problem, did_you_mean

_Model = TypeVar("_Model", bound=BaseModel)


def read_toml(path: Path, file: str) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises
    ------
    ConfigurationError
        When it cannot be read, is not UTF-8 or not TOML; names the line.
    """
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        allowed = f"cannot be read ({error.strerror})"
    except UnicodeDecodeError as error:
        allowed = f"must be UTF-8; byte {error.start} is not"
    except tomllib.TOMLDecodeError as error:
        allowed = f"is not valid TOML: {error}"
    raise ConfigurationError([Problem(file, "", MISSING, allowed)])


def validated(
    model: type[_Model], raw: dict[str, Any], file: str
) -> tuple[_Model | None, list[Problem]]:
    """Return the model of a file's content, or every problem that it has.

    Parameters
    ----------
    model : type
        A pydantic model that refuses unknown keys.
    raw : dict
        The content.
    file : str
        The file as the user knows it.
    """
    try:
        return model.model_validate(raw), []
    except ValidationError as error:
        return None, [_problem(model, file, details) for details in error.errors()]


def _problem(model: type[BaseModel], file: str, details: ErrorDetails) -> Problem:
    location = [str(part) for part in details["loc"] if part != "[key]"]
    key = ".".join(location)
    if details["type"] == "missing":
        return Problem(file, key, MISSING, "is missing and has no default")
    value = details["input"]
    if details["type"] == "extra_forbidden":
        known = _keys_at(model, location[:-1])
        hint = did_you_mean(location[-1], known) or f"; known here: {', '.join(sorted(known))}"
        return Problem(file, key, value, f"is not a known key{hint}")
    return Problem(file, key, value, _allowed(details))


def _keys_at(model: type[BaseModel], location: list[str]) -> list[str]:
    for part in location:
        annotation: Any = model.model_fields[part].annotation
        model = annotation
    return list(model.model_fields)


_SENTENCES = {
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "string_type": "must be a text in quotes",
    "dict_type": "must be a table",
    "list_type": "must be a list ([...])",
    "model_type": "must be a table ([section])",
    "literal_error": "must be {expected}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} entry",
    "too_long": "must have at most {max_length} entries",
}

_PATTERNS = {
    r"^\d{12}$": "must be the 12 digits of an AWS account id, in quotes",
    r"^[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$": "must be words of letters and digits joined by "
    "single hyphens, and start with a letter",
    r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$": "must be words of lower-case letters and digits joined by "
    "single hyphens, and start with a letter",
}


def _allowed(details: ErrorDetails) -> str:
    context = details.get("ctx", {})
    if details["type"] == "string_pattern_mismatch":
        return _PATTERNS[context["pattern"]]
    if details["type"] == "value_error":
        return str(context["error"])
    sentence = _SENTENCES.get(details["type"])
    return sentence.format(**context) if sentence else details["msg"]
