"""Progress on a terminal is one line; in a log it is a line now and then."""

import io

import pytest

from operations.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_lines_without_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    """R-F1: begin, first news, end; news that come quickly are not all printed."""
    with Progress("Working") as working:
        for number in range(100):
            working.show(f"{number} done")

    begun, news, ended = capsys.readouterr().out.splitlines()
    assert begun == "Working ..."
    assert news == "  0 done"
    assert ended.startswith("Working: 99 done, done in ")


def test_a_long_work_is_heard_of_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F1: a log shows that the work goes on."""
    now = iter(float(second) for second in range(0, 1000, 3))
    monkeypatch.setattr("operations.progress.time.monotonic", lambda: next(now) + 100)
    with Progress("Working") as working:
        for number in range(5):
            working.show(f"{number} done")

    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert shown == ["  0 done", "  2 done", "  4 done"]


def test_a_terminal_gets_one_line_that_is_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-F1: one line feed, at the end."""
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    with Progress("Working") as working:
        working.show("1 done")
        working.show("2 done")

    assert terminal.getvalue().count("\n") == 1
    assert "\r\x1b[KWorking ... 1 done\r\x1b[KWorking ... 2 done" in terminal.getvalue()


def test_work_that_failed_is_not_called_done(capsys: pytest.CaptureFixture[str]) -> None:
    """R-F1: a log that ends here does not look like a success."""
    with pytest.raises(ValueError, match="no"), Progress("Working"):
        raise ValueError("no")

    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("Working, stopped in ")
