"""Tables: their keys, index and streams, and their replicas in the other region."""

import pytest

from tests.pipeline.stacks.conftest import Variation
from tests.pipeline.stacks.synthesized import Resource, Synthesized

KEYS = {
    "processed-data": ("recordId", "timestamp"),
    "object-ledger": ("objectId", "region"),
    "invocation-log": ("requestId", "timestamp"),
}


def tables(synthesized: Synthesized, kind: str) -> list[Resource]:
    name = synthesized.names.table(kind)  # type: ignore[arg-type]
    return [
        each
        for each in synthesized["foundation"].resources("aws_dynamodb_table")
        if each["name"] == name
    ]


@pytest.mark.parametrize("kind", KEYS)
def test_the_keys_are_strings(both: Synthesized, kind: str) -> None:
    """R-A6, R-D1: and no attribute is declared that is no key, which AWS refuses."""
    for table in tables(both, kind):
        assert (table["hash_key"], table["range_key"]) == KEYS[kind]
        keys = {*KEYS[kind]}
        for index in table.get("global_secondary_index") or []:
            keys |= {index["hash_key"], index["range_key"]}
        assert {each["name"]: each["type"] for each in table["attribute"]} == dict.fromkeys(
            keys, "S"
        )


def test_records_are_found_by_status_and_time(both: Synthesized) -> None:
    """R-A6: the index's key is sharded by the function; it projects all attributes."""
    (table,) = tables(both, "processed-data")
    assert table["global_secondary_index"] == [
        {
            "name": "status-index",
            "hash_key": "statusKey",
            "range_key": "timestamp",
            "projection_type": "ALL",
        }
    ]


@pytest.mark.parametrize("kind", ["processed-data", "object-ledger"])
def test_global_tables_have_their_replica_in_the_same_resource(
    both: Synthesized, european: Synthesized, kind: str
) -> None:
    """R-A7: a replica that another state owns is deleted by the table's next apply."""
    for each in (both, european):
        primary, secondary = each.regions
        (table,) = tables(each, kind)
        assert each["foundation"].region(table) == primary
        (replica,) = table["replica"]
        assert replica["region_name"] == secondary
        assert replica["propagate_tags"] is True, "R-A13: the replica carries the same tags"
        assert table["stream_enabled"] is True
        assert table["stream_view_type"] == "NEW_AND_OLD_IMAGES"


def test_the_invocation_log_is_a_table_of_each_region(both: Synthesized) -> None:
    """R-D1: one per region under the same name, on-demand, not replicated, with an expiry."""
    logs = tables(both, "invocation-log")
    assert {both["foundation"].region(each) for each in logs} == set(both.regions)
    assert len(logs) == 2
    for table in logs:
        assert not table.get("replica")
        assert not table.get("stream_enabled")
        assert table["ttl"] == {"enabled": True, "attribute_name": "expiresAt"}


def test_records_and_requests_expire(both: Synthesized) -> None:
    """R-A6, R-E5: items that say when. Of the ledger those are requests: it proves what was done
    with an object for good.
    """
    (records,), (ledger,) = tables(both, "processed-data"), tables(both, "object-ledger")
    assert records["ttl"] == {"enabled": True, "attribute_name": "expiresAt"}
    assert ledger["ttl"] == records["ttl"]


@pytest.mark.parametrize("switch", [True, False])
def test_point_in_time_recovery_covers_both_regions(variation: Variation, switch: bool) -> None:
    """R-A6, R-A7, R-D1: the table and its replica; on by default, and a switch."""
    varied = variation("dev", data={"point_in_time_recovery": switch}) if not switch else None
    for kind in KEYS:
        for table in tables(varied or variation("dev"), kind):
            assert table["point_in_time_recovery"] == {"enabled": switch}
            for replica in table.get("replica") or []:
                assert replica["point_in_time_recovery"] is switch


def test_production_tables_and_replicas_are_protected_from_deletion(
    dev: Synthesized, prod: Synthesized
) -> None:
    """R-D3: AWS itself refuses; a replica has a protection of its own."""
    for each, protected in ((dev, False), (prod, True)):
        for kind in KEYS:
            for table in tables(each, kind):
                assert table["deletion_protection_enabled"] is protected
                for replica in table.get("replica") or []:
                    assert replica["deletion_protection_enabled"] is protected


def test_each_region_encrypts_with_its_own_customer_key(
    both: Synthesized, european: Synthesized
) -> None:
    """R-B5, R-A13: a replica takes the replica key; the key of another region does not do."""
    for each in (both, european):
        foundation = each["foundation"]
        key = foundation.one("aws_kms_key")
        replica_key = foundation.one("aws_kms_replica_key")
        arns = {
            each.regions[0]: f"${{{key.address}.arn}}",
            each.regions[1]: f"${{{replica_key.address}.arn}}",
        }
        for kind in KEYS:
            for table in tables(each, kind):
                region = foundation.region(table)
                encryption = {"enabled": True, "kms_key_arn": arns[region]}
                assert table["server_side_encryption"] == encryption
                for replica in table.get("replica") or []:
                    assert replica["kms_key_arn"] == arns[replica["region_name"]]


def test_billing_is_on_demand(both: Synthesized) -> None:
    """R-A14, R-D1: no capacity is set anywhere, which AWS would refuse beside it."""
    for table in both["foundation"].resources("aws_dynamodb_table"):
        assert table["billing_mode"] == "PAY_PER_REQUEST"
        assert not {"read_capacity", "write_capacity"} & set(table.arguments)
