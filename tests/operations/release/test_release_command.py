"""R-C7: what the command says, and what it releases when it goes on."""

from typing import Any

import pytest

from tests.operations.release.conftest import ORDER, World, publish
from tests.project_copy import Project, copy_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_project(tmp_path_factory.mktemp("release") / "project")


def test_where_a_deploy_moves_the_aliases_there_is_nothing_to_release(project: Project) -> None:
    told = project.operation("release", "--environment", "dev", DEPLOY="no")

    assert told.code == 0, told.text
    assert 'dev has release.strategy = "direct"' in told.output


@pytest.mark.parametrize("name", ["everything", "serverless-api-errors-dev"])
def test_an_alarm_that_is_none_of_the_environment_cannot_be_ignored(
    project: Project, name: str
) -> None:
    refused = project.operation("release", "--environment", "prod", "--ignore", name)

    assert refused.code == 1
    assert f"IGNORE={name} is no alarm of prod" in refused.errors
    assert "serverless-<what>-prod" in refused.errors
    assert refused.output == ""


def test_what_was_published_behind_an_interrupted_release_is_released_as_well(
    world: World, project: Project
) -> None:
    """A job that was cancelled, and then the one of the next commit."""
    file = project.folder / "environments" / "staging.toml"
    file.write_text(file.read_text() + "step_seconds = 1\n")

    def stop(_region: str, operation: str, _parameters: Any) -> None:
        if operation == "UpdateAlias":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.make_release(after=stop)
    interrupted = world.records()[ORDER[0]].id
    for place in world.green:
        world.green[place] = publish(world.aws, *place)
    given = world.aws.variables
    variables: dict[str, Any] = {k: v for k, v in given.items() if k.startswith("AWS_")}

    told = project.operation("release", "--environment", "staging", DEPLOY="no", **variables)

    assert told.code == 0, told.text
    assert f"Resuming the release {interrupted}" in told.output
    assert world.all_at(world.green)
    assert interrupted not in {each.id for each in world.records().values()}
