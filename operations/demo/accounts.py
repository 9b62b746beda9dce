"""The accounts: what each region says it did, checked against what is really there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from operations.demo.processing import LedgerEntry
from operations.embedded import EmbeddedAws
from pipeline.naming import Names

_COUNTS = ("read", "stored", "superseded", "rejected")
Key = tuple[str, str]
Item = dict[str, Any]


@dataclass
class Accounts:
    """What was counted, and every disagreement.

    Parameters
    ----------
    regions
        Region -> counts, as they stand in ``build/demo.json``.
    replicated
        ``items`` of the global table and how many of them are ``missing`` or different somewhere.
    failed
        Objects that could not be read to their end, with the reason.
    reasons
        How often a record was rejected for what.
    problems
        What does not balance; empty when everything does.
    """

    regions: dict[str, dict[str, int]] = field(default_factory=dict)
    replicated: dict[str, int] = field(default_factory=dict)
    failed: list[tuple[str, str]] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def balance(
    aws: EmbeddedAws, names: Names, regions: Sequence[str], entries: Sequence[LedgerEntry]
) -> Accounts:
    """Count both regions and compare ledger, table, quarantine and audit trail."""
    accounts = Accounts()
    tables = {region: dict(_scan(aws, names, region)) for region in regions}
    for region in regions:
        own = [entry for entry in entries if entry.upload.sample.region == region]
        counts = {"objects": len(own)}
        counts |= {name: sum(entry.counts[name] for entry in own) for name in _COUNTS}
        quarantined = _quarantined(aws, names, region, accounts.reasons)
        trail = _Trail.read(aws, names, region)
        counts["dead_lettered"] = _dead_letters(aws, names, region)
        counts["audited"] = trail.changes
        accounts.regions[region] = counts
        accounts.failed += [(entry.upload.object_id, entry.reason) for entry in own if entry.reason]
        accounts.problems += _region_problems(region, counts, quarantined)
        accounts.problems += trail.problems(region, tables[region])
    accounts.replicated = _replicated(list(tables.values()))
    if accounts.replicated["missing"]:
        accounts.problems.append(
            f"{accounts.replicated['missing']} items differ between the regions"
        )
    accounts.problems += _table_problems(accounts, tables[regions[0]])
    return accounts


def _region_problems(region: str, counts: dict[str, int], quarantined: int) -> Iterator[str]:
    ended = counts["stored"] + counts["superseded"] + counts["rejected"]
    if counts["read"] != ended:
        yield f"{region}: {counts['read']} records read, {ended} stored, superseded or rejected"
    if quarantined != counts["rejected"]:
        yield f"{region}: {counts['rejected']} records rejected, {quarantined} in quarantine"


def _table_problems(accounts: Accounts, table: dict[Key, Item]) -> Iterator[str]:
    statuses = Counter(item["status"]["S"] for item in table.values())
    stored = sum(counts["stored"] for counts in accounts.regions.values())
    rejected = sum(counts["rejected"] for counts in accounts.regions.values())
    # Two objects may carry a record with the same key; the table then has one of the two.
    if not statuses["PROCESSED"] <= stored or (stored and not statuses["PROCESSED"]):
        yield f"{stored} records stored, {statuses['PROCESSED']} in the table"
    if statuses["REJECTED"] != rejected:
        yield f"{rejected} records rejected, {statuses['REJECTED']} of them in the table"


def _replicated(tables: Sequence[dict[Key, Item]]) -> dict[str, int]:
    keys = set().union(*tables)
    differing = sum(
        1 for key in keys if any(table.get(key) != tables[0].get(key) for table in tables)
    )
    return {"items": len(keys), "missing": differing}


def _scan(aws: EmbeddedAws, names: Names, region: str) -> Iterator[tuple[Key, Item]]:
    pages = aws.client("dynamodb", region).get_paginator("scan")
    for page in pages.paginate(TableName=names.table("processed-data"), ConsistentRead=True):
        for item in page["Items"]:
            yield (item["recordId"]["S"], item["timestamp"]["S"]), item


def _quarantined(aws: EmbeddedAws, names: Names, region: str, reasons: Counter[str]) -> int:
    count = 0
    for line in _lines(aws, names.bucket("data-quarantine", region), "quarantine/", region):
        count += 1
        reasons.update(
            f"{reason['pointer']} {reason['message']}".strip() for reason in line["reasons"]
        )
    return count


def _dead_letters(aws: EmbeddedAws, names: Names, region: str) -> int:
    sqs = aws.client("sqs", region)
    url = sqs.get_queue_url(QueueName=names.queue("data-processing-dlq"))["QueueUrl"]
    wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)
    return sum(int(count) for count in answer["Attributes"].values())


@dataclass
class _Trail:
    """A region's audit trail."""

    changes: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    keys: set[Key] = field(default_factory=set)

    @classmethod
    def read(cls, aws: EmbeddedAws, names: Names, region: str) -> _Trail:
        trail = cls()
        for line in _lines(aws, names.bucket("audit-trail", region), "audit/", region):
            trail.changes += 1
            trail.seen[line["eventID"]] += 1
            trail.keys.add((line["keys"]["recordId"], line["keys"]["timestamp"]))
        return trail

    def problems(self, region: str, table: dict[Key, Item]) -> Iterator[str]:
        repeated = sum(1 for count in self.seen.values() if count > 1)
        if repeated:
            yield f"{region}: {repeated} changes stand more than once in the audit trail"
        if missing := len(table.keys() - self.keys):
            yield f"{region}: {missing} items of the table are not in the audit trail"


def _lines(aws: EmbeddedAws, bucket: str, prefix: str, region: str) -> Iterator[dict[str, Any]]:
    s3 = aws.client("s3", region)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for found in page.get("Contents", []):
            body = s3.get_object(Bucket=bucket, Key=found["Key"])["Body"]
            for line in body.read().splitlines():
                yield json.loads(line)
