"""Several repeat a request at the same time, or after its item has expired."""

from typing import Any

import botocore.client
import pytest

from .conftest import Api
from .test_processing import BODY, end_executions, set_status


def let_all_have_read(monkeypatch: pytest.MonkeyPatch, api: Api) -> list[int]:
    """Let the first query of every post find what the ledger has now; a post empties the list."""
    make: Any = botocore.client.BaseClient._make_api_call
    now, queries = {"Items": api.ledger()}, list[int]()

    def call(self: Any, operation: str, parameters: Any) -> Any:
        if operation == "Query":
            queries.append(1)
            if len(queries) == 1:
                return now
        return make(self, operation, parameters)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)
    return queries


@pytest.mark.parametrize("status", ["PROCESSING", "FAILED"])
def test_those_who_repeat_it_at_once_begin_one_attempt(
    api: Api, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-E5, R-E4: all have read the attempt that has ended; one begins the next, for all."""
    first = api.post(BODY).json
    set_status(api, first["id"], status)
    end_executions("ABORTED")
    queries = let_all_have_read(monkeypatch, api)

    answers = []
    for _ in range(4):
        queries.clear()
        answers.append(api.post(BODY))

    assert [(each.status, each.json["attempt"]) for each in answers] == [(202, 2)] * 4
    assert [each["name"] for each in api.executions()] == [f"{first['id']}-{n}" for n in (1, 2)]


def test_a_request_that_expires_while_it_is_repeated_is_asked_for_once_more(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-F3: DynamoDB removes the item between read and write; the next repetition is new work."""
    first = api.post(BODY).json
    end_executions("ABORTED")
    queries = let_all_have_read(monkeypatch, api)
    (item,) = api.ledger()
    key = {name: item[name] for name in ("objectId", "region")}
    api.dynamodb.delete_item(TableName=api.settings.ledger_table_name, Key=key)

    queries.clear()
    given = api.post(BODY)

    assert (given.status, given.headers["Retry-After"]) == (503, "2")
    again = api.post(BODY)
    assert (again.status, again.json["id"]) == (202, first["id"])
