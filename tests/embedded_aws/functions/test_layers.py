"""R-F1: layers are used as they are, except for what this host cannot load."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.embedded_aws.functions.making import call, make_function, package, unique

if TYPE_CHECKING:
    from pathlib import Path

    from embedded_aws.server import EmbeddedAws


def distribution(name: str, tag: str, value: str) -> dict[str, bytes | str]:
    """Return the files of an installed distribution with one module."""
    info = f"{name}-1.0.dist-info"
    files: dict[str, bytes | str] = {
        f"{name}.py": f"value = {value!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = ""
    for path, content in files.items():
        digest = hashlib.sha256(str(content).encode()).digest()
        text = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        record += f"{path},sha256={text},{len(content)}\n"
    return {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}


def publish(aws: EmbeddedAws, files: dict[str, bytes | str]) -> str:
    """Return the ARN of a new layer with these files below `python/`."""
    content = package({f"python/{name}": text for name, text in files.items()})
    arn: str = aws.client("lambda").publish_layer_version(
        LayerName=unique("layer"), Content={"ZipFile": content}
    )["LayerVersionArn"]
    return arn


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let pip look into a local folder only."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return tmp_path


def test_what_does_not_fit_the_host_is_replaced_and_the_report_says_so(
    aws: EmbeddedAws, wheels: Path
) -> None:
    name = unique("native").replace("-", "_")
    wheel = package(distribution(name, "py3-none-any", "from the host"))
    (wheels / f"{name}-1.0-py3-none-any.whl").write_bytes(wheel)
    pure = unique("pure").replace("-", "_")
    layer = publish(
        aws,
        {
            **distribution(name, "cp27-cp27m-linux_m68k", "from the layer"),
            **distribution(pure, "py3-none-any", "from the layer"),
        },
    )

    function = make_function(
        aws,
        f"import {name}, {pure}\ndef handler(e, c): return [{name}.value, {pure}.value]",
        Layers=[layer],
    )

    assert call(aws, function) == (["from the host", "from the layer"], None)
    (notice,) = [text for text in aws.state.notices if name in text]
    assert f"{name}==1.0" in notice
    assert pure not in notice


def test_what_pip_cannot_install_is_an_error_with_the_name_of_the_distribution(
    aws: EmbeddedAws, wheels: Path
) -> None:
    assert not list(wheels.iterdir())
    name = unique("absent").replace("-", "_")
    layer = publish(aws, distribution(name, "cp27-cp27m-linux_m68k", "x"))
    function = make_function(aws, "def handler(e, c): return 1", Layers=[layer])

    answer, error = call(aws, function)

    assert error == "Unhandled"
    assert f"{name}==1.0 does not fit this host" in answer["errorMessage"]


def test_a_later_layer_covers_an_earlier_one_and_the_function_covers_both(
    aws: EmbeddedAws,
) -> None:
    first = publish(aws, {"one.py": "v = 1", "two.py": "v = 1", "app.py": "wrong"})
    second = publish(aws, {"two.py": "v = 2"})

    function = make_function(
        aws,
        "import one, two\ndef handler(e, c): return [one.v, two.v]",
        Layers=[first, second],
    )

    assert call(aws, function) == ([1, 2], None)


def test_a_function_runs_on_when_its_layer_is_deleted(aws: EmbeddedAws) -> None:
    arn = publish(aws, {"one.py": "v = 1"})
    function = make_function(aws, "import one\ndef handler(e, c): return one.v", Layers=[arn])
    name, version = arn.rsplit(":", 2)[-2:]

    aws.client("lambda").delete_layer_version(LayerName=name, VersionNumber=int(version))

    assert call(aws, function) == (1, None)
