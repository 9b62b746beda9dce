"""REST APIs with their deployments, stages, plans and keys."""

import json
import urllib.request
from typing import Any

from tests.provider.conftest import RunningAws, Terraform

REF = "${aws_api_gateway_rest_api.this.id}"
LOGGING_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "apigateway.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def document(text: str = "first", **more: Any) -> str:
    """Return an OpenAPI document whose GET / answers a text."""
    integration = {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {
            "default": {"statusCode": "200", "responseTemplates": {"application/json": text}}
        },
    }
    operation = {"responses": {}, "x-amazon-apigateway-integration": integration}
    return json.dumps(
        {
            "openapi": "3.0.1",
            "info": {"title": "named-by-the-document", "version": "1"},
            "paths": {"/": {"get": operation}, "/a/{id}": {"get": operation}},
            **more,
        }
    )


def policy(effect: str = "Allow") -> str:
    statement = {"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke"}
    content = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"}]}
    return json.dumps(content)


def configuration(**changes: Any) -> dict[str, Any]:
    body = changes.get("body", document())
    return {
        "aws_iam_role": {
            "logs": {"name": "gateway-logs", "assume_role_policy": json.dumps(LOGGING_TRUST)}
        },
        "aws_api_gateway_account": {"this": {"cloudwatch_role_arn": "${aws_iam_role.logs.arn}"}},
        "aws_cloudwatch_log_group": {"this": {"name": "gateway-access"}},
        "aws_api_gateway_rest_api": {
            "this": {
                "name": changes.get("name", "gateway"),
                "description": changes.get("description", "An API"),
                "body": body,
                "binary_media_types": changes.get("media", ["image/png"]),
                "disable_execute_api_endpoint": changes.get("disabled", False),
                "endpoint_configuration": {"types": ["REGIONAL"]},
                "policy": policy(),
                "tags": changes.get("tags", {"Owner": "data"}),
            }
        },
        "aws_api_gateway_deployment": {
            "this": {
                "rest_api_id": REF,
                "triggers": {"body": "${sha1(aws_api_gateway_rest_api.this.body)}"},
                "lifecycle": {"create_before_destroy": True},
            }
        },
        "aws_api_gateway_stage": {
            "this": {
                "rest_api_id": REF,
                "stage_name": "v1",
                "deployment_id": "${aws_api_gateway_deployment.this.id}",
                "xray_tracing_enabled": changes.get("xray", True),
                "variables": changes.get("variables", {"alias": "live", "old": "x"}),
                "access_log_settings": {
                    "destination_arn": "${aws_cloudwatch_log_group.this.arn}:*",
                    "format": changes.get("format", "$context.requestId"),
                },
                "tags": changes.get("tags", {"Owner": "data"}),
                "depends_on": ["aws_api_gateway_account.this"],
                **changes.get("stage", {}),
            }
        },
        "aws_api_gateway_method_settings": {
            "all": {
                "rest_api_id": REF,
                "stage_name": "${aws_api_gateway_stage.this.stage_name}",
                "method_path": "*/*",
                "settings": {
                    "metrics_enabled": True,
                    "logging_level": changes.get("level", "ERROR"),
                    "throttling_burst_limit": changes.get("burst", 5000),
                    "throttling_rate_limit": 10000,
                },
            },
            "one": {
                "rest_api_id": REF,
                "stage_name": "${aws_api_gateway_stage.this.stage_name}",
                "method_path": "a~1{id}/GET",
                "settings": {"metrics_enabled": True},
            },
        },
        "aws_api_gateway_usage_plan": {
            "this": {
                "name": changes.get("plan", "plan"),
                "description": "A plan",
                "api_stages": [
                    {
                        "api_id": REF,
                        "stage": "${aws_api_gateway_stage.this.stage_name}",
                        "throttle": [{"path": "/a/{id}/GET", "rate_limit": 5, "burst_limit": 2}],
                    }
                ],
                "quota_settings": {"limit": changes.get("quota", 1_000_000), "period": "MONTH"},
                "throttle_settings": {"rate_limit": changes.get("rate", 100), "burst_limit": 50},
                "tags": {"Owner": "data"},
            }
        },
        "aws_api_gateway_api_key": {
            "this": {
                "name": changes.get("key", "key"),
                "value": changes.get("value", "0123456789-0123456789"),
                "enabled": changes.get("enabled", True),
                "tags": {"Owner": "data"},
            }
        },
        "aws_api_gateway_usage_plan_key": {
            "this": {
                "key_id": "${aws_api_gateway_api_key.this.id}",
                "key_type": "API_KEY",
                "usage_plan_id": "${aws_api_gateway_usage_plan.this.id}",
            }
        },
        "aws_api_gateway_gateway_response": {
            "this": {
                "rest_api_id": REF,
                "response_type": "DEFAULT_4XX",
                "response_parameters": {"gatewayresponse.header.X-Why": "'no'"},
                "response_templates": {"application/json": changes.get("template", "{}")},
            }
        },
    }


def ask(aws: RunningAws, api: str, stage: str = "v1", **headers: str) -> str:
    request = urllib.request.Request(f"{aws.endpoint}/_aws/execute-api/{api}/{stage}/")  # noqa: S310
    for name, value in headers.items():
        request.add_header(name, value)
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        text: str = answer.read().decode()
        return text


def test_an_api_is_made_answers_changes_and_goes(aws: RunningAws, terraform: Terraform) -> None:
    """R-B7, R-C4, R-E5: all of a regional API, its second plan empty."""
    # Given an API with everything that belongs to it
    terraform.lives(resource=configuration())
    client = aws.client("apigateway")
    state = terraform.state()
    rest, stage = (state[f"aws_api_gateway_{kind}.this"] for kind in ("rest_api", "stage"))
    api = rest["id"]

    # Then AWS has it as configured: the configuration's name goes before the document's
    found = client.get_rest_api(restApiId=api)
    assert (found["name"], found["endpointConfiguration"]["types"]) == ("gateway", ["REGIONAL"])
    assert found["binaryMediaTypes"] == ["image/png"]
    assert rest["arn"] == f"arn:aws:apigateway:us-east-1::/restapis/{api}"
    assert rest["execution_arn"] == f"arn:aws:execute-api:us-east-1:{aws.account}:{api}"
    assert stage["id"] == f"ags-{api}-v1"
    assert stage["invoke_url"] == f"https://{api}.execute-api.us-east-1.amazonaws.com/v1"
    assert stage["execution_arn"] == f"{rest['execution_arn']}/v1"
    shown = client.get_stage(restApiId=api, stageName="v1")
    assert shown["tracingEnabled"] is True
    assert shown["methodSettings"]["*/*"]["throttlingBurstLimit"] == 5000
    assert shown["tags"] == {"Owner": "data"}
    key = state["aws_api_gateway_api_key.this"]
    assert key["value"] == "0123456789-0123456789"
    assert state["aws_api_gateway_usage_plan_key.this"]["value"] == key["value"]
    plan = client.get_usage_plan(usagePlanId=state["aws_api_gateway_usage_plan.this"]["id"])
    assert plan["quota"] == {"limit": 1_000_000, "offset": 0, "period": "MONTH"}
    assert plan["apiStages"][0]["throttle"]["/a/{id}/GET"] == {"burstLimit": 2, "rateLimit": 5.0}
    # And the stage answers
    assert ask(aws, api) == "first"

    # When nothing but settings change
    changes = terraform.changes_to(
        resource=configuration(
            name="renamed",
            description="Another",
            media=["image/gif"],
            tags={"Owner": "web", "More": "1"},
            xray=False,
            variables={"alias": "next"},
            format="$context.status",
            level="INFO",
            burst=7,
            plan="other",
            quota=5,
            rate=10,
            key="renamed",
            enabled=False,
            template='{"no": 1}',
        )
    )

    # Then all of it changes in place, and the deployment stays
    assert {actions[0] for actions, _ in changes.values()} == {"update"}
    assert "aws_api_gateway_deployment.this" not in changes
    shown = client.get_stage(restApiId=api, stageName="v1")
    assert shown["variables"] == {"alias": "next"}
    assert shown["tags"] == {"Owner": "web", "More": "1"}
    assert client.get_rest_api(restApiId=api)["binaryMediaTypes"] == ["image/gif"]
    assert ask(aws, api) == "first"
    terraform.is_gone()
    assert api not in [each["id"] for each in client.get_rest_apis()["items"]]


def test_a_changed_document_is_deployed_before_the_old_deployment_goes(
    aws: RunningAws, terraform: Terraform
) -> None:
    """R-B7: the deployment changes when the document does, and the stage moves to it."""

    # Given no gateway response beside the document: a document that is put takes them away
    def content(**changes: Any) -> dict[str, Any]:
        found = configuration(**changes)
        del found["aws_api_gateway_gateway_response"]
        return found

    terraform.lives(resource=content())
    before = terraform.state()["aws_api_gateway_deployment.this"]["id"]

    changes = terraform.changes_to(resource=content(body=document("second")))

    assert changes["aws_api_gateway_deployment.this"][0] == ["create", "delete"]
    assert changes["aws_api_gateway_stage.this"] == (["update"], {"deployment_id"})
    state = terraform.state()
    assert state["aws_api_gateway_deployment.this"]["id"] != before
    api = state["aws_api_gateway_rest_api.this"]["id"]
    assert ask(aws, api) == "second"
    known = aws.client("apigateway").get_deployments(restApiId=api)["items"]
    assert [each["id"] for each in known] == [state["aws_api_gateway_deployment.this"]["id"]]
    terraform.is_gone()


def canary(deployment: str, share: float, **overrides: str) -> dict[str, Any]:
    return {
        "canary_settings": {
            "deployment_id": deployment,
            "percent_traffic": share,
            "stage_variable_overrides": overrides,
        }
    }


def test_a_canary_comes_changes_and_goes_in_place(aws: RunningAws, terraform: Terraform) -> None:
    """R-C4."""
    own = "${aws_api_gateway_deployment.this.id}"
    terraform.lives(resource=configuration(stage=canary(own, 10, alias="green")))
    client = aws.client("apigateway")
    api = terraform.state()["aws_api_gateway_rest_api.this"]["id"]
    settings = client.get_stage(restApiId=api, stageName="v1")["canarySettings"]
    assert settings["percentTraffic"] == 10.0
    assert settings["stageVariableOverrides"] == {"alias": "green"}

    more = terraform.changes_to(resource=configuration(stage=canary(own, 50, other="x")))
    settings = client.get_stage(restApiId=api, stageName="v1")["canarySettings"]
    gone = terraform.changes_to(resource=configuration())

    assert more == {"aws_api_gateway_stage.this": (["update"], {"canary_settings"})}
    assert (settings["percentTraffic"], settings["stageVariableOverrides"]) == (
        50.0,
        {"other": "x"},
    )
    assert gone == {"aws_api_gateway_stage.this": (["update"], {"canary_settings"})}
    assert "canarySettings" not in client.get_stage(restApiId=api, stageName="v1")
    terraform.is_gone()


def test_what_a_release_moves_is_ignored_when_told_so(
    aws: RunningAws, terraform: Terraform
) -> None:
    """R-C4: with ignore_changes, an apply never cuts over by itself."""
    ignoring = {"lifecycle": {"ignore_changes": ["deployment_id", "canary_settings"]}}
    terraform.lives(resource=configuration(stage=ignoring))
    api = terraform.state()["aws_api_gateway_rest_api.this"]["id"]
    client = aws.client("apigateway")
    named = document("green", info={"title": "gateway", "version": "1"})
    client.put_rest_api(restApiId=api, mode="merge", body=named.encode())
    green = client.create_deployment(restApiId=api)["id"]
    patches = [
        {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "100"},
        {"op": "replace", "path": "/canarySettings/deploymentId", "value": green},
    ]
    client.update_stage(restApiId=api, stageName="v1", patchOperations=patches)

    terraform.is_settled()

    assert ask(aws, api) == "green"
    terraform.is_gone()


def test_a_key_with_another_value_is_another_key(terraform: Terraform) -> None:
    """R-E5."""
    key = {"aws_api_gateway_api_key": {"this": {"name": "alone", "value": "a" * 20}}}
    terraform.lives(resource=key)
    key["aws_api_gateway_api_key"]["this"]["value"] = "b" * 20

    changes = terraform.changes_to(resource=key)

    assert changes["aws_api_gateway_api_key.this"][0] == ["delete", "create"]
    terraform.is_gone()


def test_the_policy_of_an_api_is_a_resource_of_its_own(
    aws: RunningAws, terraform: Terraform
) -> None:
    """R-B7: allowed networks."""

    def content(effect: str) -> dict[str, Any]:
        return {
            "aws_api_gateway_rest_api": {"this": {"name": "guarded", "body": document()}},
            "aws_api_gateway_rest_api_policy": {
                "this": {"rest_api_id": REF, "policy": policy(effect)}
            },
        }

    terraform.lives(resource=content("Allow"))
    api = terraform.state()["aws_api_gateway_rest_api.this"]["id"]
    assert "Allow" in aws.client("apigateway").get_rest_api(restApiId=api)["policy"]

    changes = terraform.changes_to(resource=content("Deny"))

    assert changes == {"aws_api_gateway_rest_api_policy.this": (["update"], {"policy"})}
    assert "Deny" in aws.client("apigateway").get_rest_api(restApiId=api)["policy"]
    terraform.is_gone()


def test_a_stage_logs_only_with_the_role_of_the_account(terraform: Terraform) -> None:
    """R-C4: AWS refuses, and so does the embedded AWS."""
    content = configuration()
    del content["aws_api_gateway_account"], content["aws_iam_role"]
    del content["aws_api_gateway_stage"]["this"]["depends_on"]
    terraform.write(resource=content)
    terraform.init()

    refused = terraform.apply()

    assert refused.code == 1
    assert (
        "CloudWatch Logs role ARN must be set in account settings"
        in refused.text[refused.text.index("Error:") :]
    )
    assert terraform.tainted() == ["aws_api_gateway_stage.this"]
    terraform.is_gone()


def test_a_document_that_is_wrong_is_refused_in_a_sentence(terraform: Terraform) -> None:
    """R-F1."""
    wrong = document(security=[{"nobody": []}])
    terraform.write(resource={"aws_api_gateway_rest_api": {"this": {"name": "w", "body": wrong}}})
    terraform.init()

    refused = terraform.apply()

    assert refused.code == 1
    assert "nobody is not defined" in refused.text
    terraform.is_gone()
