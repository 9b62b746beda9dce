"""The API function's connections with AWS, each behind the circuit of what it calls."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from api.application import Routes
from api.aws_records import Records
from api.aws_request_objects import RequestObjects
from api.aws_workflow import Workflow
from api.cursors import Cursors
from api.documents import get_openapi
from api.health import PATIENCE as HASTE
from api.health import Checks, Health
from api.listing import Lists
from api.processing import Processing
from api.settings import Settings
from api.uploading import Uploads
from shared.aws_clients import ClientOnDemand, GuardedClient, Patience, create_client
from shared.aws_secret import Secret
from shared.circuit_breaker import Circuits
from shared.datasets import datasets
from shared.request_ledger import RequestLedger

DEPENDENCIES = ("table", "ledger", "object-store", "workflow", "secret")

PATIENCE = Patience(connect_seconds=1, read_seconds=2, attempts=2)
"""A client waits, and can ask again."""

PAGES = Patience(connect_seconds=1, read_seconds=5, attempts=2)
"""A page of items may have a megabyte."""

_AT_ONCE = 10


def connect(settings: Settings, circuits: Circuits | None = None) -> Routes:
    """Connect the operations of the API.

    Parameters
    ----------
    settings : Settings
        Of the function.
    circuits : Circuits, optional
        Of `DEPENDENCIES`; without them, circuits of their own.
    """
    guards = circuits or Circuits(DEPENDENCIES)
    ledger = GuardedClient(_client(settings, "dynamodb"), guards["ledger"])

    def guarded(service: str, dependency: str, **options: Any) -> GuardedClient:
        # Not each request needs them: the others start earlier without.
        client = ClientOnDemand(lambda: _client(settings, service, **options))
        return GuardedClient(client, guards[dependency])

    s3 = guarded("s3", "object-store", signs_urls=True)
    objects = RequestObjects(s3, settings.ingestion_bucket)
    processing = Processing(
        datasets(),
        objects,
        RequestLedger(ledger, settings.ledger_table_name, settings.region),
        Workflow(
            guarded("stepfunctions", "workflow"),
            settings.state_machine_arn,
            settings.state_machine_alias,
            _asking(),
        ),
        region=settings.region,
        maximum_body_bytes=settings.maximum_body_bytes,
        window=timedelta(hours=settings.idempotency_hours),
        patience=PATIENCE,
    )
    secret = Secret(guarded("secretsmanager", "secret"), settings.secret_id)
    table = guarded("dynamodb", "table", patience=PAGES, connections=_AT_ONCE)
    lists = Lists(
        datasets(),
        Records(table, settings.table_name),
        Cursors(secret),
        shards=settings.status_shards,
        patience=PAGES,
    )
    health = _health(settings)
    return {
        "/process": {"POST": processing.post},
        "/process/{id}": {"GET": processing.get},
        "/uploads": {"POST": Uploads(datasets(), objects).post},
        "/records": {"GET": lists.get},
        "/records/{recordId}": {"GET": lists.of_record},
        "/health": {"GET": lambda _request, _deadline: health.get()},
        "/openapi.json": {"GET": lambda request, _deadline: get_openapi(request)},
    }


def _asking() -> Callable[[str], Any]:
    """Return clients by region that ask for executions: of no circuit, for who starts them."""

    @cache
    def client(region: str) -> Any:
        return ClientOnDemand(lambda: create_client("stepfunctions", region=region, patience=HASTE))

    return client


def _health(settings: Settings) -> Health:
    """Connect the health: without circuits, since it is to find out how things are."""

    def hasty(service: str) -> ClientOnDemand:
        return ClientOnDemand(lambda: _client(settings, service, patience=HASTE))

    checks = Checks(
        dynamodb=hasty("dynamodb"),
        s3=hasty("s3"),
        sqs=hasty("sqs"),
        workflows=hasty("stepfunctions"),
        table=settings.table_name,
        ledger=settings.ledger_table_name,
        bucket=settings.ingestion_bucket,
        dead_letter_queue_url=settings.dead_letter_queue_url,
        state_machine_arn=settings.state_machine_arn,
    )
    return Health(
        checks.all(), region=settings.region, role=settings.role, version=settings.version
    )


def _client(settings: Settings, service: str, patience: Patience = PATIENCE, **options: Any) -> Any:
    return create_client(service, region=settings.region, patience=patience, **options)
