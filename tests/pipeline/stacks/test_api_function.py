"""The function behind the REST API: what it is told, how large it is, and what it may do."""

from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Resource, Stack, Synthesized
from tests.pipeline.stacks.test_roles import TRACES, arns, granted, roles

SIZES = {"dev": (512, 30), "staging": (1024, 60), "prod": (2048, 90)}


def function(synthesized: Synthesized, stack: Stack) -> Resource:
    return stack.one("aws_lambda_function", function_name=synthesized.names.function("api"))


def test_it_is_told_its_places_and_its_role(both: Synthesized) -> None:
    """R-B6, R-C3, R-A10: by environment variables; nothing is looked up."""
    for region, stack in both.regional():
        name, account = both.environment.environment, both.environment.account.id
        dead = stack.one("aws_sqs_queue", name=both.names.queue("data-processing-dlq"))
        made = function(both, stack)
        assert made["handler"] == "api.handler.handler"
        assert made["environment"]["variables"] == {
            "TABLE_NAME": f"serverless-processed-data-{name}",
            "LEDGER_TABLE_NAME": f"serverless-object-ledger-{name}",
            "INGESTION_BUCKET": f"serverless-data-ingestion-{name}-{account}-{region}",
            "STATE_MACHINE_ARN": (
                f"arn:aws:states:{region}:{account}:stateMachine:serverless-process-records-{name}"
            ),
            "STATE_MACHINE_ALIAS": "live",
            "DEAD_LETTER_QUEUE_URL": f"${{{dead.address}.url}}",
            "SECRET_ID": f"serverless-pipeline-{name}",
            "REGION_ROLE": stack.name,
            "STATUS_SHARDS": "8",
            "API_MAXIMUM_BODY_BYTES": "5000000",
            "API_IDEMPOTENCY_HOURS": "24",
            "API_CORS_ORIGINS": "",
            "LOG_LEVEL": both.environment.functions.log_level,
            "POWERTOOLS_SERVICE_NAME": f"serverless-api-{name}",
            "POWERTOOLS_METRICS_NAMESPACE": f"serverless-pipeline-{name}",
        }


def test_settings_reach_it(variation: Variation) -> None:
    """R-E5, R-A14: no setting is without an effect."""
    changed = variation(
        "dev",
        api={
            "cors_origins": ["https://a.example.com", "https://b.example.com"],
            "idempotency_hours": 48,
        },
        data={"status_shards": 16},
        functions={
            "api": {"memory_mb": 3008, "timeout_seconds": 20, "maximum_body_bytes": 1_000_000}
        },
    )
    for _, stack in changed.regional():
        made = function(changed, stack)
        variables = made["environment"]["variables"]
        assert (made["memory_size"], made["timeout"]) == (3008, 20)
        assert variables["API_MAXIMUM_BODY_BYTES"] == "1000000"
        assert variables["API_CORS_ORIGINS"] == "https://a.example.com,https://b.example.com"
        assert variables["API_IDEMPOTENCY_HOURS"] == "48"
        assert variables["STATUS_SHARDS"] == "16"


def test_its_sizes_are_those_of_the_environments(variation: Variation) -> None:
    """R-E1: 512, 1024, 2048 MB and 30, 60, 90 s."""
    for name, size in SIZES.items():
        environment = variation(name)
        for _, stack in environment.regional():
            made = function(environment, stack)
            assert (made["memory_size"], made["timeout"]) == size


def test_it_may_do_its_work_in_its_own_region(both: Synthesized) -> None:
    """R-A11, R-B6: store requests, sign uploads, read records, enter and start; no more."""
    for region in both.regions:
        a = arns(both, region)
        account, name = both.environment.account.id, both.environment.environment
        machine = f"{region}:{account}:stateMachine:serverless-process-records-{name}"
        logs = f"arn:aws:logs:{region}:{account}:log-group:/aws/lambda/serverless-api-{name}:*"
        secret = f"arn:aws:secretsmanager:{region}:{account}:secret:serverless-pipeline-{name}"
        assert granted(both, both.names.role("api", region)) == {
            **TRACES,
            "logs:CreateLogStream": {logs},
            "logs:PutLogEvents": {logs},
            "s3:ListBucket": {a["ingestion"]},
            "s3:PutObject": {f"{a['ingestion']}/requests/*", f"{a['ingestion']}/*api-uploads/*"},
            "dynamodb:Query": {a["records"], f"{a['records']}/index/status-index", a["ledger"]},
            "dynamodb:UpdateItem": {a["ledger"]},
            "states:DescribeStateMachine": {f"arn:aws:states:{machine}"},
            "states:StartExecution": {f"arn:aws:states:{machine}"},
            "states:DescribeExecution": {
                f"arn:aws:states:{machine.replace('stateMachine', 'execution')}:*".replace(
                    region, each
                )
                for each in both.regions
            },
            "secretsmanager:GetSecretValue": {f"{secret}-??????"},
            "sqs:GetQueueAttributes": {a["dead"]},
        }


def test_only_lambda_assumes_its_role(prod: Synthesized) -> None:
    """R-A11."""
    for region in prod.regions:
        role = roles(prod)[prod.names.role("api", region)]
        (statement,) = role.policy("assume_role_policy")
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_without_the_api_there_is_none_of_it(variation: Variation) -> None:
    """R-E5: neither the function nor its role, nor what calls it."""
    off = variation("dev", api={"enabled": False})
    for region, stack in off.regional():
        kinds = {resource.kind for resource in stack.resources()}
        assert not any(kind.startswith("aws_api_gateway") for kind in kinds)
        assert not stack.has("aws_lambda_function", function_name=off.names.function("api"))
        assert off.names.role("api", region) not in roles(off)
