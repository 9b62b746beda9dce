"""Which resources a user could have made are still there.

moto's backends keep their resources in dictionaries and lists, so one rule covers all services:
everything that such a container holds is a resource, except for what the tables below name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.base_backend import BackendDict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# Containers that hold no resources: caches, tokens, results, data of resources.
NO_RESOURCES = frozenset(
    {
        *("shard_iterators", "assumed_roles", "sessions", "pools_identities", "resource_tags"),
        *("next_tokens", "_pagination_tokens", "paged_metric_data", "metric_data", "queries"),
        *("executions", "query_results", "query_results_queue", "sms_messages", "invalidations"),
        *("sms_message_objects", "sms_attributes", "opt_out_numbers", "_message_public_keys"),
        *("_resource_tags", "_commands", "_errors", "access_keys", "aws_managed_policies"),
        *("usage_plan_keys", "launch_template_name_to_ids", "launch_template_insert_order"),
        *("cost_usage_results", "cost_usage_results_queue", "_telemetry_records", "export_tasks"),
        *("approved_parent_event_bus_names", "_idempotency_tokens", "windows", "baselines"),
        *("patch_groups", "tags", "attachments", "deleted_amis", "amis", "inventory_configs"),
        *("managed_prefix_lists", "network_acls", "route_tables", "subnet_associations"),
        *("dhcp_options_sets", "resource_policies", "snapshots", "resource_types"),
        # The same resources a second time, by type; settings of the account.
        *("resource_map", "RESOURCE_TYPE_MAP", "schemas_states", "macie_session"),
        *("replication_config", "registry_scanning_configuration"),
    }
)
# What every account has from the start, by service and container.
DEFAULTS = {
    ("athena", "databases"): {"default", "('AwsDataCatalog', 'default')"},
    ("athena", "work_groups"): {"primary"},
    ("elasticache", "users"): {"default"},
    ("events", "event_buses"): {"default"},
    ("memorydb", "subnet_groups"): {"default"},
    ("memorydb", "users"): {"default"},
    ("redshift", "parameter_groups"): {"default.redshift-1.0"},
    ("redshift", "security_groups"): {"Default"},
    ("scheduler", "schedule_groups"): {"default"},
    ("sso-admin", "instances"): {"None"},
}
# Containers inside an object of the backend, by service.
NESTED = {
    "lambda": {"functions": "_lambdas._functions", "layers": "_layers._layers"},
}


def remaining(account: str) -> list[str]:
    """Return what still exists in the account, as sorted `service/region/name`."""
    found = set()
    for backends in _copied(lambda: BackendDict._instances):
        if account not in backends:
            continue
        service = backends.service_name
        for region, backend in _copied(backends[account].items):
            for key, resource in _resources(service, backend):
                name = getattr(resource, "name", "")
                name = name if isinstance(name, str) and name else key
                home = getattr(resource, "region_name", None) if service == "s3" else region
                found.add(f"{service}/{home or region}/{name}")
    return sorted(found)


def _resources(service: str, backend: Any) -> Iterator[tuple[str, Any]]:
    for attribute, container in _copied(vars(backend).items):
        if attribute in NO_RESOURCES or attribute in ("region_name", "account_id"):
            continue
        for name, resource in _entries(container):
            if name not in DEFAULTS.get((service, attribute), ()) and not _passive(
                attribute, resource
            ):
                yield name, resource
            if attribute == "event_buses":
                yield from _copied(resource.rules.items)
    for path in NESTED.get(service, {}).values():
        container = backend
        for step in path.split("."):
            container = getattr(container, step)
        for name, resource in _copied(container.items):
            if getattr(resource, "layer_versions", True):
                yield name, resource


def _copied(entries: Callable[[], Iterable[Any]]) -> list[Any]:
    """Return the entries of a container that other threads change meanwhile.

    Even `list` of a dictionary is no single step: it may collect garbage, and moto's objects have
    finalizers in Python, which let other threads run.
    """
    while True:
        try:
            return list(entries())
        except RuntimeError as changed:
            if "during iteration" not in str(changed):
                raise


def _entries(container: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(container, dict):
        found = []
        for name, resource in _copied(container.items):
            if isinstance(resource, dict):  # EC2 keeps groups by VPC and subnets by zone
                found += [(str(key), inner) for key, inner in _copied(resource.items)]
            else:
                found.append((str(name), resource))
        return found
    if isinstance(container, list):
        return [(str(getattr(entry, "name", entry)), entry) for entry in _copied(lambda: container)]
    return []


def _passive(attribute: str, resource: Any) -> bool:
    """Say whether a resource is AWS's own, or is gone for its user already."""
    if isinstance(resource, str | int | float | bool | None):
        return True
    if getattr(resource, "is_default", False) or getattr(resource, "default_for_az", False) in (
        True,
        "true",
    ):
        return True  # the default VPC and its subnets
    if attribute == "groups" and getattr(resource, "name", "") == "default":
        return True  # the default security group of a VPC
    if getattr(resource, "key_state", "") in ("PendingDeletion", "PendingReplicaDeletion"):
        return True
    if getattr(resource, "key_manager", "") == "AWS" or _is_made_by_a_service(attribute, resource):
        return True
    deleted = getattr(resource, "is_deleted", None)
    return bool(deleted()) if callable(deleted) else False


def _is_made_by_a_service(attribute: str, resource: Any) -> bool:
    """Say whether a service made it by itself: AWS managed keys, service-linked roles."""
    if attribute == "roles":
        return str(getattr(resource, "path", "")).startswith("/aws-service-role/")
    aliases = getattr(resource, "aliases", None) if attribute == "keys" else None
    names = [alias.alias_name for alias in _copied((aliases or {}).values)]
    return any(name.startswith("alias/aws/") for name in names)
