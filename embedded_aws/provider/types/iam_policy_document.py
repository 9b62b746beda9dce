"""``data.aws_iam_policy_document``: a policy from blocks, as the AWS provider writes it.

Lists come out in reverse alphabetical order and one-element lists as a string, except the values of
a condition, which keep their order.
Terraform AWS provider 6.25.0, documentation of the data source aws_iam_policy_document
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from embedded_aws.provider.registry import data_source
from embedded_aws.provider.resource_type import DataSource, ProviderError, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from embedded_aws.provider.session import AwsSession

_LISTS = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}


@data_source
class IamPolicyDocument(DataSource):
    """A policy document in JSON; nothing is asked of AWS."""

    type_name = "aws_iam_policy_document"

    def read(self, aws: AwsSession, config: State) -> State:
        """Evaluate the blocks and the documents to start from and to lay over."""
        del aws
        statements: list[dict[str, Any]] = []
        header: dict[str, Any] = {}
        for document in _documents(config, "source_policy_documents"):
            _refuse_repeated(statements, document["Statement"])
            statements += document["Statement"]
            header.update(_header(document))
        own = [_statement(block) for block in config["statement"] or []]
        _refuse_repeated([], own)
        _merge(statements, own)
        for document in _documents(config, "override_policy_documents"):
            _merge(statements, document["Statement"])
            header.update(_header(document))
        result = {"Version": config["version"] or header.get("Version") or "2012-10-17"}
        policy_id = config["policy_id"] or header.get("Id")
        if policy_id:
            result["Id"] = policy_id
        result["Statement"] = statements
        text = json.dumps(result, indent=2, ensure_ascii=False)
        return {
            "id": str(zlib.crc32(text.encode())),
            "json": text,
            "minified_json": json.dumps(result, separators=(",", ":"), ensure_ascii=False),
            "version": result["Version"],
        }


def _documents(config: State, name: str) -> Iterable[dict[str, Any]]:
    for index, text in enumerate(config[name] or []):
        try:
            document = json.loads(text) if text else {}
        except ValueError as error:
            raise ProviderError(f"{name}.{index} is no JSON: {error}", name) from None
        statement = document.get("Statement", [])
        listed = [statement] if isinstance(statement, dict) else statement
        yield {**document, "Statement": listed}


def _header(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in ("Version", "Id") if document.get(name)}


def _refuse_repeated(present: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    seen = {statement["Sid"] for statement in present if statement.get("Sid")}
    for statement in new:
        sid = statement.get("Sid")
        if sid and sid in seen:
            raise ProviderError(
                f"duplicate Sid ({sid}): give every statement a Sid of its own.", "statement"
            )
        seen.add(sid)


def _merge(statements: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    """Lay statements over those with the same Sid, and append the others."""
    places = {s["Sid"]: index for index, s in enumerate(statements) if s.get("Sid")}
    for statement in new:
        place = places.get(statement.get("Sid"))
        if place is None:
            statements.append(statement)
        else:
            statements[place] = statement


def _statement(block: State) -> dict[str, Any]:
    statement: dict[str, Any] = {}
    if block["sid"]:
        statement["Sid"] = block["sid"]
    statement["Effect"] = block["effect"] or "Allow"
    for name, element in _LISTS.items():
        if block[name]:
            statement[element] = _listed(_variables(value) for value in block[name])
    for name, element in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        if block[name]:
            statement[element] = _principals(block[name])
    if block["condition"]:
        statement["Condition"] = _conditions(block["condition"])
    return statement


def _variables(value: str) -> str:
    """Return a text with ``&{...}`` as ``${...}``, which Terraform itself would evaluate."""
    return value.replace("&{", "${")


def _listed(values: Iterable[str]) -> Any:
    ordered = sorted(values, reverse=True)
    return ordered[0] if len(ordered) == 1 else ordered


def _principals(blocks: list[State]) -> Any:
    if len(blocks) == 1 and blocks[0]["type"] == "*" and blocks[0]["identifiers"] == ["*"]:
        return "*"
    grouped: dict[str, list[str]] = {}
    for block in blocks:
        identifiers = grouped.setdefault(block["type"], [])
        identifiers += [_variables(value) for value in block["identifiers"]]
    return {kind: _listed(identifiers) for kind, identifiers in sorted(grouped.items())}


def _conditions(blocks: list[State]) -> dict[str, Any]:
    grouped: dict[str, dict[str, list[str]]] = {}
    for block in blocks:
        values = grouped.setdefault(block["test"], {}).setdefault(_variables(block["variable"]), [])
        values += [_variables(value) for value in block["values"]]
    return {
        test: {
            variable: values[0] if len(values) == 1 else values
            for variable, values in sorted(variables.items())
        }
        for test, variables in sorted(grouped.items())
    }
