"""What Route 53 answers for a name: failover and weights, by the health of what they lead to.

Stands in for nothing of moto, which keeps records and does not answer. A health check fails while
the region of the API that it asks is down.

Source: Route 53 Developer Guide, "How Amazon Route 53 chooses records when health checking is
configured" and "How health checks work in complex Amazon Route 53 configurations".
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from moto.route53.models import route53_backends

from embedded_aws.gateway.addresses import HOST
from embedded_aws.state import RUN

if TYPE_CHECKING:
    from moto.route53.models import RecordSet

_LONGEST_CHAIN = 8


def resolve(name: str) -> str:
    """Return the name that alias and CNAME records lead to: the name itself without any."""
    for _ in range(_LONGEST_CHAIN):
        records = _records(name)
        if not records:
            break
        chosen = _choose(records)
        name = _target(chosen) or str(chosen.records[0])
    return _bare(name)


def _bare(name: str) -> str:
    return name.rstrip(".").lower()


def _records(name: str) -> list[RecordSet]:
    return [
        record
        for zone in list(route53_backends[RUN.account]["aws"].zones.values())
        for record in list(zone.rrsets)
        if _bare(record.name) == _bare(name)
        and (record.type == "CNAME" or (record.type == "A" and record.alias_target))
    ]


def _target(record: RecordSet) -> str | None:
    return str(record.alias_target["DNSName"]) if record.alias_target else None


def _choose(records: list[RecordSet]) -> RecordSet:
    if records[0].failover:
        ranked = sorted(records, key=lambda record: str(record.failover))  # PRIMARY, SECONDARY
        return next((record for record in ranked if _is_healthy(record)), ranked[0])
    healthy = [record for record in records if _is_healthy(record)] or records
    weighted = [record for record in healthy if _weight(record) > 0]
    if not weighted:  # weights of 0 count when nothing else is healthy
        return random.choice(healthy)  # noqa: S311 - spreads calls, protects nothing
    weights = [_weight(record) for record in weighted]
    return random.choices(weighted, weights)[0]  # noqa: S311 - as above


def _weight(record: RecordSet) -> int:
    return int(record.weight or 0)


def _is_healthy(record: RecordSet) -> bool:
    if record.health_check_id and passes(record.health_check_id) is False:
        return False
    evaluated = (record.alias_target or {}).get("EvaluateTargetHealth")
    if str(evaluated).lower() != "true":
        return True
    behind = _records(_target(record) or "")
    return not behind or any(_is_healthy(each) for each in behind)


def passes(health_check_id: str) -> bool | None:
    """Say whether a health check passes; None when there is no such check."""
    checks: dict[str, Any] = route53_backends[RUN.account]["aws"].health_checks
    check = checks.get(health_check_id)
    if check is None:
        return None
    if str(check.disabled).lower() == "true":
        return True
    host = HOST.fullmatch(check.fqdn or "")
    works = host is None or not RUN.is_down(host[2].lower())
    return works != (str(check.inverted).lower() == "true")
