"""The Terraform of PyPI, several processes and several provider blocks on one server."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.provider.conftest import RunningAws, Terraform


def test_the_terraform_of_pypi_lives_through_the_whole_cycle(
    embedded_terraform: Terraform, aws: RunningAws
) -> None:
    """R-F1: no Terraform on PATH: the same provider, without a registry or a lock file."""
    (embedded_terraform.folder / "a.txt").write_text("by path")
    resources = {
        "aws_s3_bucket": {
            "east": {"bucket": "p1-pypi-east", "force_destroy": True},
            "west": {"bucket": "p1-pypi-west", "force_destroy": True, "provider": "aws.west"},
        },
        "aws_s3_object": {
            "o": {"bucket": "${aws_s3_bucket.east.id}", "key": "o", "source": "a.txt"}
        },
    }
    providers = {"aws": [{"region": "us-east-1"}, {"region": "us-west-2", "alias": "west"}]}
    embedded_terraform.lives(resource=resources, provider=providers)
    state = embedded_terraform.state()
    assert state["aws_s3_bucket.west"]["bucket_region"] == "us-west-2"
    body = aws.client("s3").get_object(Bucket="p1-pypi-east", Key="o")["Body"].read()
    assert body == b"by path"
    assert not (embedded_terraform.folder / ".terraform.lock.hcl").exists()
    changed = {"aws_s3_bucket": resources["aws_s3_bucket"]}
    assert embedded_terraform.changes_to(resource=changed, provider=providers) == {
        "aws_s3_object.o": (["delete"], names_of(state["aws_s3_object.o"]))
    }
    embedded_terraform.is_gone()


def names_of(attributes: dict[str, Any]) -> set[str]:
    return {name for name, value in attributes.items() if value is not None}


def test_several_processes_keep_their_own_configuration(
    terraform: Terraform, aws: RunningAws
) -> None:
    """One server, many connections: each provider block keeps its own region and tags."""
    terraform.write(provider={"aws": [{"region": "us-east-1"}]})
    terraform.init()

    def plan(region: str) -> str:
        return terraform.run("plan", "-no-color", "-lock=false", f"-var=region={region}").text

    (terraform.folder / "variables.tf.json").write_text(
        '{"variable": {"region": {}}, "data": {"aws_region": {"r": {"provider": "aws.x"}}},'
        '"provider": {"aws": [{"alias": "x", "region": "${var.region}"}]},'
        '"output": {"region": {"value": "${data.aws_region.r.region}"}}}'
    )
    regions = ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1"]
    with ThreadPoolExecutor(2) as pool:
        texts = list(pool.map(plan, regions))
    for region, text in zip(regions, texts, strict=True):
        assert f'region = "{region}"' in text
