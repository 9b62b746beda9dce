"""The secret: one value in both regions, encrypted, made up where nobody can read it."""

import pytest

from pipeline.functions.secret import secret_statement
from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Synthesized

SECRET, VERSION = "aws_secretsmanager_secret", "aws_secretsmanager_secret_version"


def test_the_secret_is_encrypted_with_the_key_of_its_region(
    both: Synthesized, european: Synthesized
) -> None:
    """R-B6, R-A13: and its replica with that of the other one."""
    for each in (both, european):
        foundation, names = each["foundation"], each.names
        secret = foundation.one(SECRET, name=names.secret())
        assert names.secret() == f"serverless-pipeline-{each.environment.environment}"
        assert foundation.region(secret) == each.regions[0]
        assert secret.refers_to("kms_key_id", foundation.one("aws_kms_key"), "arn")
        replica = foundation.one("aws_kms_replica_key")
        assert secret["replica"] == [
            {"region": each.regions[1], "kms_key_id": f"${{{replica.address}.arn}}"}
        ]


def test_its_first_value_is_made_up_and_forgotten(both: Synthesized) -> None:
    """R-B6: a write-only argument: in no state; and no rotation is ever undone by a deploy."""
    foundation = both["foundation"]
    secret = foundation.one(SECRET, name=both.names.secret())
    version = foundation.one(VERSION, secret_id=f"${{{secret.address}.id}}")

    assert set(version.arguments) == {"secret_id", "secret_string_wo", "secret_string_wo_version"}
    assert version["secret_string_wo"].count("uuid()") == 2
    assert version["secret_string_wo_version"] == 1


@pytest.mark.parametrize(("name", "days"), [("dev", 0), ("prod", 30)])
def test_a_deleted_secret_can_be_brought_back_where_data_is_kept(
    dev: Synthesized, prod: Synthesized, name: str, days: int
) -> None:
    """R-D3, R-B6: where all is disposable the name is free at once."""
    each = {"dev": dev, "prod": prod}[name]
    secret = each["foundation"].one(SECRET, name=each.names.secret())
    assert secret["recovery_window_in_days"] == days


@pytest.mark.parametrize(
    ("name", "api", "kept"),
    [
        ("prod", {"api_key": True}, True),
        ("prod", {"api_key": False}, True),
        ("prod", {"enabled": False}, False),
        ("dev", {"api_key": True}, True),
        ("dev", {"api_key": False}, False),
    ],
)
def test_the_key_that_is_switched_off_can_be_switched_on_again(
    variation: Variation, name: str, api: dict[str, bool], kept: bool
) -> None:
    """R-E5: AWS refuses a secret whose name is that of one deleted less than 30 days before."""
    made = variation(name, api=api)
    secrets = {each["name"]: each for each in made["foundation"].resources(SECRET)}

    assert (made.names.api_key() in secrets) == kept
    if not kept and made.environment.api.enabled:
        assert made["foundation"].one(SECRET)["recovery_window_in_days"] == 0


def test_a_reader_may_read_this_secret_of_its_own_region(dev: Synthesized) -> None:
    """R-A11, R-B6: its ARN ends in six characters that AWS makes up; the key needs no statement."""
    document = secret_statement(dev.names, "us-west-2").document()

    assert document["Action"] == "secretsmanager:GetSecretValue"
    assert document["Resource"] == (
        "arn:aws:secretsmanager:us-west-2:111122223333:secret:serverless-pipeline-dev-??????"
    )
