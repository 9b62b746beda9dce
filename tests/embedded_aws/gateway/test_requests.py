"""R-B7, R-E5: routes, validation, mocks with CORS, and the gateway's own answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from embedded_aws.gateway import routing
from tests.embedded_aws.functions.making import make_role, unique
from tests.embedded_aws.gateway.apis import Api, document, make_api, mock

if TYPE_CHECKING:
    from embedded_aws.server import EmbeddedAws

PATHS = ("/", "/a", "/a/b", "/a/{x}", "/a/{x}/c", "/p/{proxy+}", "/{any}/c")


def named(text: str) -> dict[str, Any]:
    """Return an operation that answers a text, and the parameters of the request."""
    operation = mock()
    operation["x-amazon-apigateway-integration"]["responses"]["default"]["responseTemplates"] = {
        "application/json": f'["{text}", "$input.params(\'x\')", "$input.params(\'proxy\')"]'
    }
    return operation


@pytest.fixture(scope="module")
def routes(aws: EmbeddedAws) -> Api:
    return make_api(aws, document({path: {"get": named(path)} for path in PATHS}))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ["/", "", ""]),
        ("", ["/", "", ""]),
        ("/a", ["/a", "", ""]),
        ("/a/", ["/a", "", ""]),
        ("/a/b", ["/a/b", "", ""]),
        ("/a/z", ["/a/{x}", "z", ""]),
        ("/a/z%2Fy%20%C3%BC", ["/a/{x}", "z/y ü", ""]),
        ("/a/b/c", ["/a/{x}/c", "b", ""]),
        ("/p/q/r", ["/p/{proxy+}", "", "q/r"]),
        ("/a/c", ["/a/{x}", "c", ""]),
        ("/z/c", ["/{any}/c", "", ""]),
    ],
)
def test_the_most_specific_route_answers(routes: Api, path: str, expected: list[str]) -> None:
    answer = routes.call("GET", path)

    assert (answer.status, answer.json) == (200, expected)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nowhere"), ("GET", "/p"), ("GET", "/a/b/d"), ("POST", "/a"), ("GET", "/A")],
)
def test_what_is_not_there_has_no_token(routes: Api, method: str, path: str) -> None:
    answer = routes.call(method, path)

    assert (answer.status, answer.json) == (403, {"message": "Missing Authentication Token"})
    assert answer.header("x-amzn-ErrorType") == "MissingAuthenticationTokenException"


def test_any_is_seven_methods() -> None:
    assert len(routing.ANY_VERBS) == 7


CORS = {
    "Access-Control-Allow-Origin": "'https://example.com'",
    "Access-Control-Allow-Methods": "'GET,POST'",
    "Access-Control-Allow-Headers": "'Content-Type'",
}


def preflight() -> dict[str, Any]:
    operation = mock(204)
    response = operation["x-amazon-apigateway-integration"]["responses"]["default"]
    response["responseParameters"] = {f"method.response.header.{k}": v for k, v in CORS.items()}
    return operation


def test_a_mock_answers_the_preflight_of_a_browser(aws: EmbeddedAws) -> None:
    api = make_api(aws, document({"/": {"options": preflight()}}))

    answer = api.call(
        "OPTIONS",
        "/",
        headers={"Origin": "https://example.com", "Access-Control-Request-Method": "POST"},
    )

    assert (answer.status, answer.body) == (204, b"")
    assert answer.header("Access-Control-Allow-Origin") == "https://example.com"
    assert answer.header("Access-Control-Allow-Methods") == "GET,POST"


def test_gateway_responses_are_customized_by_type_or_by_hundred(aws: EmbeddedAws) -> None:
    headers = {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}
    failing = mock()
    failing["x-amazon-apigateway-integration"]["requestTemplates"] = {"application/json": "{}"}
    api = make_api(
        aws,
        document(
            {"/": {"get": failing}},
            **{
                "x-amazon-apigateway-gateway-responses": {
                    "DEFAULT_4XX": {"responseParameters": headers},
                    "DEFAULT_5XX": {
                        "statusCode": "503",
                        "responseParameters": {
                            **headers,
                            "gatewayresponse.header.X-Stage": "context.stage",
                            "gatewayresponse.header.X-Asked": "method.request.querystring.q",
                        },
                        "responseTemplates": {
                            "application/problem+json": '{"id": "$context.requestId", '
                            '"type": "$context.error.responseType"}'
                        },
                    },
                    "MISSING_AUTHENTICATION_TOKEN": {
                        "statusCode": "404",
                        "responseTemplates": {
                            "application/json": '{"message": "no $context.path"}'
                        },
                    },
                }
            },
        ),
    )

    failed = api.call("GET", "/?q=1")
    missing = api.call("GET", "/nowhere")

    assert failed.status == 503
    assert failed.header("Content-Type") == "application/problem+json"
    assert failed.header("Access-Control-Allow-Origin") == "*"
    assert (failed.header("X-Stage"), failed.header("X-Asked")) == ("v1", "1")
    assert failed.json["id"] == failed.header("x-amzn-RequestId")
    assert failed.json["type"] == "API_CONFIGURATION_ERROR"
    assert (missing.status, missing.json) == (404, {"message": "no /v1/nowhere"})
    # A response of its own goes before the one for its hundred, as a whole
    assert missing.header("Access-Control-Allow-Origin") is None


def test_a_media_type_without_template_is_415_where_nothing_passes(aws: EmbeddedAws) -> None:
    operation = mock()
    operation["x-amazon-apigateway-integration"]["passthroughBehavior"] = "never"
    api = make_api(aws, document({"/": {"post": operation}}))

    assert api.call("POST", "/", "{}", {"Content-Type": "application/json"}).status == 200
    answer = api.call("POST", "/", "x", {"Content-Type": "text/plain"})
    assert (answer.status, answer.json) == (415, {"message": "Unsupported Media Type"})


def test_a_body_has_10_megabytes_at_most(aws: EmbeddedAws) -> None:
    """R-E5: whatever is behind the gateway."""
    api = make_api(aws, document({"/": {"post": mock()}}))
    size = 10 * 1024 * 1024

    assert api.call("POST", "/", b"x" * size).status == 200
    answer = api.call("POST", "/", b"x" * (size + 1))
    assert (answer.status, answer.json) == (413, {"message": "Request Too Long"})
    assert answer.header("x-amzn-ErrorType") == "RequestTooLargeException"


def test_an_execution_of_a_workflow_is_started(aws: EmbeddedAws) -> None:
    """R-E4, R-E5: an integration with an action of Step Functions."""
    states = aws.client("stepfunctions")
    trust = make_role(aws, ("states:StartExecution", "*"))
    aws.client("iam").update_assume_role_policy(
        RoleName=trust.rpartition("/")[2],
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {
                            "Service": ["states.amazonaws.com", "apigateway.amazonaws.com"]
                        },
                        "Action": "sts:AssumeRole",
                    }
                ],
            }
        ),
    )
    machine = states.create_state_machine(
        name=unique("machine"),
        definition='{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}',
        roleArn=trust,
    )["stateMachineArn"]
    # AWS's own way to undo that single quotes are escaped, which JSON does not know
    escaped = """$util.escapeJavaScript($input.json('$')).replaceAll("\\\\'", "'")"""
    template = f'{{"stateMachineArn": "{machine}", "input": "{escaped}"}}'
    integration = {
        "type": "aws",
        "httpMethod": "POST",
        "uri": "arn:aws:apigateway:us-east-1:states:action/StartExecution",
        "credentials": trust,
        "requestTemplates": {"application/json": template},
        "responses": {
            "default": {
                "statusCode": "202",
                "responseTemplates": {
                    "application/json": '{"id": "$input.path(\'$.executionArn\')"}'
                },
            },
            "4\\d{2}": {"statusCode": "400"},
        },
    }
    operation = {"responses": {}, "x-amazon-apigateway-integration": integration}
    api = make_api(aws, document({"/": {"post": operation}}))

    answer = api.call("POST", "/", '{"a": "it\'s \\"ü\\""}')

    assert answer.status == 202
    started = states.describe_execution(executionArn=answer.json["id"])
    assert json.loads(started["input"]) == {"a": 'it\'s "ü"'}
