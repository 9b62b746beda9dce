"""Mapping templates and mapped parameters.

Source: API Gateway Developer Guide, "Mapping template reference" and "Parameter mapping".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from embedded_aws.gateway import directives
from embedded_aws.gateway.references import Input, Reader, TemplateError, Util, text_of
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedded_aws.gateway.context import Context


def render(template: str, context: Context, body: bytes = b"") -> str:
    """Render a template.

    Parameters
    ----------
    template
        The template's text.
    context
        The request.
    body
        What `$input` is about: the body of the request, or of the integration's answer.

    Raises
    ------
    TemplateError
        The template uses more of the language than is known here; the report says so, too.
    """
    try:
        return directives.render(template, _roots(context, body))
    except TemplateError as problem:
        RUN.notice(f"mapping templates: {problem}")
        raise


def substitute(template: str, context: Context) -> str:
    """Put values into a gateway response's template, in which nothing else of the language counts.

    Raises
    ------
    TemplateError
        A reference cannot be read here.
    """
    return Reader(template, _roots(context, b"")).render()


def _roots(context: Context, body: bytes) -> dict[str, Any]:
    return {
        "context": context.variables,
        "stageVariables": context.stage_variables,
        "input": Input(context, body),
        "util": Util(),
    }


def parameter(
    expression: str, context: Context, answer: Mapping[str, str] | None = None
) -> str | None:
    """Return the value of a mapped parameter.

    Parameters
    ----------
    expression
        `'text'`, `context.name`, `stageVariables.name`, `method.request.header.name` (or `path`,
        `querystring`), `integration.response.header.name`.
    answer
        The headers of the integration's answer by their names in lower case.
    """
    if len(expression) > 1 and expression[0] == expression[-1] == "'":
        return expression[1:-1]
    if expression.startswith("context."):
        found = context.look_up(expression.removeprefix("context."))
        return None if found is None else text_of(found)
    source, _, name = expression.rpartition(".")
    values: Mapping[str, str] = {
        "stageVariables": context.stage_variables,
        "integration.response.header": answer or {},
        "method.request.header": context.incoming.lowered,
        "method.request.path": context.decoded_parameters,
        "method.request.querystring": dict(context.incoming.query),
    }.get(source, {})
    return values.get(name.lower() if source.endswith(".header") else name)


def with_stage_variables(text: str, context: Context) -> str:
    """Put the stage's variables into a URI: `${stageVariables.name}`."""
    return re.sub(
        r"\$\{stageVariables\.([A-Za-z0-9_]+)\}",
        lambda found: context.stage_variables.get(found[1], ""),
        text,
    )
