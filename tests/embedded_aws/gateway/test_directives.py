"""Mapping templates that set variables, decide, and change the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from embedded_aws.gateway.directives import render
from embedded_aws.gateway.references import TemplateError
from tests.embedded_aws.gateway.apis import document, make_api, mock

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ('#set($x = "a")$x${x}b', "aab"),
        ("#set($x = 'a $context.stage')$x", "a $context.stage"),
        ('#set($x = "a $context.stage")$x', "a v1"),
        ('#if($context.stage == "v1")yes#{else}no#end', "yes"),
        ('#if($context.stage == "v2")yes#elseif(1 == 1)maybe#{else}no#end!', "maybe!"),
        ('#if($context.stage == "v2")yes#{else}no#end', "no"),
        ('#if($context.stage == "v2" || $context.stage != "v3")yes#end', "yes"),
        ('#if(($context.stage == "v2" || true) && !false)yes#end', "yes"),
        ("#if($context.missing)yes#{else}no#end", "no"),
        ('#if("a)b(" == "a)b(")yes#end', "yes"),
        ("#if(false)#set($x = 1)#if(true)a#end#{else}b#end", "b"),
        ("#set($x = 2)\n#if($x == 2)\nyes\n#end\n", "yes\n"),
        ("no directive: #1 and #anchor", "no directive: #1 and #anchor"),
    ],
)
def test_directives_do_what_velocity_does(template: str, rendered: str) -> None:
    assert render(template, {"context": {"stage": "v1"}}) == rendered


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("#foreach($x in [1])$x#end", "#foreach is not known"),
        ("#if(true)a", "#if has no #end"),
        ("a#end", "stands without #if"),
        ("#if true", "a condition is missing"),
        ("#if($x < 2)a#end", "is not known here"),
        ("#set(1 = 2)", "sets nothing"),
    ],
)
def test_what_is_not_known_is_said(template: str, said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        render(template, {"context": {}})


def test_a_response_template_overrides_status_and_headers(aws: EmbeddedAws) -> None:
    template = (
        '#set($who = $input.params("X-Who"))'
        '#if($who == "jane")'
        "#set($context.responseOverride.header.X-Told = $who)"
        "#set($context.responseOverride.status = 202)"
        "#end"
    )
    operation: dict[str, Any] = mock()
    answer = operation["x-amazon-apigateway-integration"]["responses"]["default"]
    answer["responseTemplates"] = {"application/json": template}
    api = make_api(aws, document({"/": {"get": operation}}))

    told = api.call("GET", "/", headers={"X-Who": "jane"})
    untold = api.call("GET", "/", headers={"X-Who": "joe"})

    assert (told.status, told.header("X-Told")) == (202, "jane")
    assert (untold.status, untold.header("X-Told")) == (200, None)
