"""Wrong use of the commands: one message, an exit code, never a traceback."""

import signal
from collections.abc import Iterator

import pytest

from operations.command_line import INTERRUPTED, run
from operations.errors import OperationError
from operations.processes import INTERRUPTS
from tests.project_copy import Project, copy_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_project(tmp_path_factory.mktemp("commands") / "project")


@pytest.mark.parametrize(
    "command", ["demo", "local", "synth", "plan", "deploy", "bootstrap", "redrive", "release"]
)
def test_an_unknown_environment_is_one_message(project: Project, command: str) -> None:
    """R-C1: the right names are listed, nothing is started."""
    refused = project.operation(command, "--environment", "devv")

    assert refused.code == 1
    assert refused.errors.startswith("error: ")
    assert "dev, prod, staging" in refused.errors
    assert "Traceback" not in refused.text
    assert refused.output == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("demo", "--inputs", "x"), "unrecognized arguments: --inputs x"),
        (("demo", "extra"), "unrecognized arguments: extra"),
        (("local", "--port", "many"), "argument --port: invalid int value: 'many'"),
    ],
)
def test_wrong_arguments_are_refused_with_the_usage(
    project: Project, words: tuple[str, ...], said: str
) -> None:
    """R-C1: status 2, as every command line does."""
    refused = project.operation(*words)

    assert refused.code == 2
    assert said in refused.errors
    assert "usage:" in refused.errors


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("missing", "is not a folder with <dataset>/ folders in it"),
        ("nothing", "has no folders: put the files into"),
        ("unknown", "which does not exist. There are: customers, orders, sensors"),
        ("empty", "has no files to process"),
    ],
)
def test_wrong_input_of_the_demo_is_one_message(project: Project, given: str, said: str) -> None:
    """R-F5: checked before anything is deployed."""
    inputs = project.folder / "inputs"
    for folder in ("nothing", "unknown/parcels", "empty/orders"):
        (inputs / folder).mkdir(parents=True, exist_ok=True)

    refused = project.operation("demo", "--input", str(inputs / given))

    assert refused.code == 1
    assert refused.errors.startswith("error: ")
    assert said in refused.errors
    assert "Traceback" not in refused.text


@pytest.fixture
def signals_stay() -> Iterator[None]:
    """A command decides for its whole process what signals do."""
    before = {number: signal.getsignal(number) for number in INTERRUPTS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals_stay")
@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OperationError("do this"), 1, "error: do this\n"),
        (FileNotFoundError(2, "No such file", "x"), 1, "error: [Errno 2] No such file: 'x'\n"),
        (KeyboardInterrupt(), INTERRUPTED, "\nInterrupted.\n"),
    ],
)
def test_what_goes_wrong_becomes_one_message_and_an_exit_code(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    """R-C1: expected errors are sentences; Ctrl-C is 130."""

    def fail() -> int:
        raise error

    assert run(fail) == code
    assert capsys.readouterr().err == said


@pytest.mark.usefixtures("signals_stay")
def test_an_error_of_the_program_itself_keeps_its_traceback() -> None:
    """R-C1: a defect is not made to look like a mistake of the user."""

    def fail() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(fail)
