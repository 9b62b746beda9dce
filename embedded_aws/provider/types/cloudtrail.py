"""``aws_cloudtrail``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import changed, given, tag_changes, tag_list
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.tagging import tag_map
from embedded_aws.provider.types.unset import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedded_aws.provider.session import AwsSession

_TEXTS: Mapping[str, str] = {
    "cloud_watch_logs_group_arn": "CloudWatchLogsLogGroupArn",
    "cloud_watch_logs_role_arn": "CloudWatchLogsRoleArn",
    "kms_key_id": "KmsKeyId",
    "s3_bucket_name": "S3BucketName",
    "s3_key_prefix": "S3KeyPrefix",
    "sns_topic_name": "SnsTopicName",
}
_FLAGS: Mapping[str, str] = {
    "enable_log_file_validation": "EnableLogFileValidation",
    "include_global_service_events": "IncludeGlobalServiceEvents",
    "is_multi_region_trail": "IsMultiRegionTrail",
    "is_organization_trail": "IsOrganizationTrail",
}
_SELECTORS = ("event_selector", "advanced_event_selector")
_FIELDS: Mapping[str, str] = {
    "equals": "Equals",
    "not_equals": "NotEquals",
    "starts_with": "StartsWith",
    "not_starts_with": "NotStartsWith",
    "ends_with": "EndsWith",
    "not_ends_with": "NotEndsWith",
}


def _trail(trail: State) -> dict[str, Any]:
    return {
        "Name": trail["name"],
        **given(**{argument: trail[name] for name, argument in _TEXTS.items()}),
        **{argument: bool(trail[name]) for name, argument in _FLAGS.items()},
    }


def _event_selector(selector: State) -> dict[str, Any]:
    return {
        "ReadWriteType": selector["read_write_type"],
        "IncludeManagementEvents": bool(selector["include_management_events"]),
        "DataResources": [
            {"Type": one["type"], "Values": one["values"]} for one in selector["data_resource"]
        ],
        "ExcludeManagementEventSources": selector["exclude_management_event_sources"] or [],
    }


def _advanced_selector(selector: State) -> dict[str, Any]:
    return given(
        Name=selector["name"],
        FieldSelectors=[
            {
                "Field": field["field"],
                **given(**{argument: field[name] for name, argument in _FIELDS.items()}),
            }
            for field in selector["field_selector"]
        ],
    )


def _put_selectors(client: Any, trail: State) -> None:
    client.put_event_selectors(
        TrailName=trail["name"],
        **given(
            EventSelectors=[_event_selector(one) for one in trail["event_selector"] or []],
            AdvancedEventSelectors=[
                _advanced_selector(one) for one in trail["advanced_event_selector"] or []
            ],
        ),
    )


def _read_selectors(client: Any, name: str) -> State:
    answer = client.get_event_selectors(TrailName=name)
    return {
        "event_selector": [
            {
                "read_write_type": one.get("ReadWriteType", "All"),
                "include_management_events": one.get("IncludeManagementEvents", True),
                "exclude_management_event_sources": one.get("ExcludeManagementEventSources")
                or None,
                "data_resource": [
                    {"type": data["Type"], "values": data["Values"]}
                    for data in one.get("DataResources") or []
                ],
            }
            for one in answer.get("EventSelectors") or []
        ],
        "advanced_event_selector": [
            {
                "name": one.get("Name"),
                "field_selector": [
                    {
                        "field": field["Field"],
                        **{name: field.get(argument) for name, argument in _FIELDS.items()},
                    }
                    for field in one["FieldSelectors"]
                ],
            }
            for one in answer.get("AdvancedEventSelectors") or []
        ],
    }


@resource
class Cloudtrail(ResourceType):
    """A trail of API calls; its id is its ARN."""

    type_name = "aws_cloudtrail"
    replace = frozenset({"name"})
    defaults: ClassVar = {
        "enable_log_file_validation": False,
        "enable_logging": True,
        "event_selector.include_management_events": True,
        "event_selector.read_write_type": "All",
        "include_global_service_events": True,
        "is_multi_region_trail": False,
        "is_organization_trail": False,
    }
    enums: ClassVar = {"event_selector.read_write_type": ("cloudtrail", "ReadWriteType")}
    conflicts = (frozenset(_SELECTORS),)
    absent = frozenset({"TrailNotFoundException"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the trail."""
        created = aws.client("cloudtrail").create_trail(
            **_trail(planned), **given(TagsList=tag_list(planned))
        )
        return {"id": created["TrailARN"], "arn": created["TrailARN"]}

    def complete(self, aws: AwsSession, planned: State) -> None:
        """Start logging and select the events: a new trail does not log."""
        client = aws.client("cloudtrail")
        if planned["enable_logging"]:
            client.start_logging(Name=planned["name"])
        if any(planned[name] for name in _SELECTORS):
            _put_selectors(client, planned)
        if planned["insight_selector"]:
            self._put_insights(client, planned)

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the trail, whether it logs, and what."""
        client = aws.client("cloudtrail")
        trail = client.get_trail(Name=state["id"])["Trail"]
        name = trail["Name"]
        tags = client.list_tags(ResourceIdList=[trail["TrailARN"]])["ResourceTagList"]
        found: State = {
            **{one: text(state, one, trail.get(argument)) for one, argument in _TEXTS.items()},
            "arn": trail["TrailARN"],
            "enable_log_file_validation": bool(trail.get("LogFileValidationEnabled")),
            "enable_logging": bool(client.get_trail_status(Name=name)["IsLogging"]),
            "home_region": trail.get("HomeRegion", aws.region),
            "include_global_service_events": bool(trail.get("IncludeGlobalServiceEvents")),
            "is_multi_region_trail": bool(trail.get("IsMultiRegionTrail")),
            "is_organization_trail": bool(trail.get("IsOrganizationTrail")),
            "name": name,
            "sns_topic_arn": trail.get("SnsTopicARN", ""),
            "tags_all": tag_map(tags[0]["TagsList"]) if tags else {},
        }
        # AWS selects management events when nothing is configured: not shown then.
        if any(state.get(one) for one in _SELECTORS):
            found |= _read_selectors(client, name)
        return found

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Update the trail, its logging, selectors and tags."""
        client = aws.client("cloudtrail")
        if changed(prior, planned, *_TEXTS, *_FLAGS):
            client.update_trail(**_trail(planned))
        if changed(prior, planned, "enable_logging"):
            switch = client.start_logging if planned["enable_logging"] else client.stop_logging
            switch(Name=planned["name"])
        if changed(prior, planned, *_SELECTORS):
            _put_selectors(client, planned)
        if changed(prior, planned, "insight_selector"):
            self._put_insights(client, planned)
        if changed(prior, planned, "tags_all"):
            removed, added = tag_changes(prior, planned)
            if removed:
                stale = [{"Key": key} for key in removed]
                client.remove_tags(ResourceId=prior["arn"], TagsList=stale)
            if added:
                client.add_tags(ResourceId=prior["arn"], TagsList=tag_list({"tags_all": added}))

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the trail; its logs stay."""
        aws.client("cloudtrail").delete_trail(Name=state["name"])

    def _put_insights(self, client: Any, planned: State) -> None:
        client.put_insight_selectors(
            TrailName=planned["name"],
            InsightSelectors=[
                {"InsightType": one["insight_type"]} for one in planned["insight_selector"] or []
            ],
        )
