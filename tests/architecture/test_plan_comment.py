"""R-F7: the step of the workflow that puts a review into its pull request, with GitHub made up."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
COMMENTS = "repos/owner/name/issues/7/comments"
PYTHON = str(Path(sys.executable).parent)
BOT = "github-actions[bot]"
# What `gh api` does of GitHub's API: the comments are in a file.
GH = f"""#!{sys.executable}
import json, pathlib, sys
words = sys.argv[1:]
assert words.pop(0) == "api"
file = pathlib.Path("comments.json")
comments = json.loads(file.read_text())
if words[0] == "--paginate":
    assert words == ["--paginate", "--slurp", "{COMMENTS}"], words
    print(json.dumps([comments[:1], comments[1:]]))
    sys.exit()
method, path, field = words[1], words[2], words[4]
assert (words[0], words[3]) == ("--method", "--field") and field.startswith("body=@")
body = pathlib.Path(field.removeprefix("body=@")).read_text()
if method == "POST":
    assert path == "{COMMENTS}"
    comments.append({{"id": 100 + len(comments), "user": {{"login": "{BOT}"}}, "body": body}})
else:
    assert method == "PATCH" and path.startswith("repos/owner/name/issues/comments/")
    (old,) = [each for each in comments if str(each["id"]) == path.rpartition("/")[2]]
    assert old["user"]["login"] == "{BOT}"
    old["body"] = body
file.write_text(json.dumps(comments))
"""


def step() -> dict[str, Any]:
    content = yaml.safe_load((ROOT / ".github" / "workflows" / "plan.yml").read_text("utf-8"))
    found: dict[str, Any] = content["jobs"]["review"]["steps"][-1]
    assert found["name"] == "Comment"
    return found


@dataclass(frozen=True)
class PullRequest:
    """A folder with a checkout's `build`, and the comments so far."""

    folder: Path

    def comments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((self.folder / "comments.json").read_text())
        return found

    def add(self, login: str, body: str) -> None:
        listed = [*self.comments(), {"id": 1, "user": {"login": login}, "body": body}]
        (self.folder / "comments.json").write_text(json.dumps(listed))

    def review(self, text: str | None, commit: str, environment: str = "dev") -> None:
        """Run the step behind `make review`, which wrote this, or nothing."""
        file = self.folder / "build" / "review.md"
        shutil.rmtree(file.parent, ignore_errors=True)
        if text is not None:
            file.parent.mkdir()
            file.write_text(text)
        variables = {
            "PATH": os.pathsep.join([str(self.folder), PYTHON, os.environ["PATH"]]),
            "GH_TOKEN": "none",
            "COMMENTS": COMMENTS,
            "COMMENT": "repos/owner/name/issues/comments",
            "ENVIRONMENT": environment,
            "MARK": f"<!-- review of {environment} -->",
            "COMMIT": commit,
            "RUN": "the-run",
        }
        assert variables.keys() - {"PATH"} == step()["env"].keys()
        # As GitHub runs what names no shell.
        subprocess.run(
            ["bash", "-e", "-c", step()["run"]], cwd=self.folder, env=variables, check=True
        )


@pytest.fixture
def pull_request(tmp_path: Path) -> PullRequest:
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755)
    (tmp_path / "comments.json").write_text("[]")
    return PullRequest(tmp_path)


def test_a_review_is_one_comment_however_often_it_is_made(pull_request: PullRequest) -> None:
    pull_request.review("### Plan of dev: 1 to add", "abc")
    pull_request.review("### Plan of dev: no changes", "def")

    (comment,) = pull_request.comments()
    assert comment["body"].startswith("<!-- review of dev -->\n### Plan of dev: no changes")
    assert comment["body"].endswith("Commit def\n")


def test_each_environment_has_its_own(pull_request: PullRequest) -> None:
    for environment in ("dev", "prod", "dev"):
        pull_request.review(f"### Plan of {environment}", "abc", environment)

    assert [each["body"].splitlines()[1] for each in pull_request.comments()] == [
        "### Plan of dev",
        "### Plan of prod",
    ]


def test_a_person_who_quotes_it_keeps_the_words(pull_request: PullRequest) -> None:
    pull_request.add("somebody", "<!-- review of dev -->\nI saw this")

    pull_request.review("### Plan of dev", "abc")

    quoted, made = pull_request.comments()
    assert quoted["body"].endswith("I saw this")
    assert "### Plan of dev" in made["body"]


def test_a_review_that_failed_takes_the_old_ones_place(pull_request: PullRequest) -> None:
    """What was true of another commit must not stand there as this one's."""
    pull_request.review("### Plan of dev: no changes", "abc")
    pull_request.review(None, "def")

    (comment,) = pull_request.comments()
    assert "No plan of dev: the [log](the-run) says why" in comment["body"]
    assert "Commit def" in comment["body"]


def test_it_comments_when_the_review_stops_but_not_when_it_is_cancelled() -> None:
    """A danger ends `make review` with an error, and is what the comment is for."""
    assert step()["if"] == "${{ !cancelled() }}"
