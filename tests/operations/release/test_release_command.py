"""R-C7: what the command says without asking AWS."""

import pytest

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
