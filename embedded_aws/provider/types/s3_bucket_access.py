"""Settings for those who use a bucket: acceleration, access logs, browsers, website, copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.registry import resource
from embedded_aws.provider.types.s3_bucket import NO_BUCKET
from embedded_aws.provider.types.s3_bucket_setting import BucketSetting
from embedded_aws.provider.types.s3_translation import Member, many, one, shape

if TYPE_CHECKING:
    from embedded_aws.provider.resource_type import State
    from embedded_aws.provider.session import AwsSession


@resource
class S3BucketAccelerateConfiguration(BucketSetting):
    """Transfer acceleration."""

    type_name = "aws_s3_bucket_accelerate_configuration"
    absent = NO_BUCKET
    enums: ClassVar = {"status": ("s3", "BucketAccelerateStatus")}
    put_call = "put_bucket_accelerate_configuration"
    get_call = "get_bucket_accelerate_configuration"

    def document(self, planned: State) -> dict[str, Any]:
        """Return the status."""
        return {"AccelerateConfiguration": {"Status": planned["status"]}}

    def attributes(self, answer: dict[str, Any], state: State) -> State | None:
        """Return the status; a bucket that was never accelerated has none."""
        del state
        return {"status": answer["Status"]} if answer.get("Status") else None

    def delete(self, aws: AwsSession, state: State) -> None:
        """Suspend acceleration: it cannot be taken away again."""
        aws.client("s3").put_bucket_accelerate_configuration(
            Bucket=state["id"], AccelerateConfiguration={"Status": "Suspended"}
        )


_LOGGING = shape(
    target_bucket="TargetBucket",
    target_prefix="TargetPrefix",
    target_grant=many(
        "TargetGrants",
        permission="Permission",
        grantee=one(
            "Grantee",
            display_name="DisplayName",
            email_address="EmailAddress",
            id="ID",
            type="Type",
            uri="URI",
        ),
    ),
    target_object_key_format=one(
        "TargetObjectKeyFormat",
        partitioned_prefix=one("PartitionedPrefix", partition_date_source="PartitionDateSource"),
        simple_prefix=one("SimplePrefix"),
    ),
)


@resource
class S3BucketLogging(BucketSetting):
    """The bucket in which access to this one is logged."""

    type_name = "aws_s3_bucket_logging"
    absent = NO_BUCKET
    put_call, get_call = "put_bucket_logging", "get_bucket_logging"

    def document(self, planned: State) -> dict[str, Any]:
        """Return the target."""
        enabled = {"TargetPrefix": "", **_LOGGING.to_aws(planned)}
        return {"BucketLoggingStatus": {"LoggingEnabled": enabled}}

    def attributes(self, answer: dict[str, Any], state: State) -> State | None:
        """Return the target."""
        enabled = answer.get("LoggingEnabled")
        if not enabled:
            return None
        found = {**_LOGGING.from_aws(enabled), "target_prefix": enabled.get("TargetPrefix", "")}
        if "TargetObjectKeyFormat" not in enabled:
            # moto keeps no format of the keys (`FakeBucket.set_logging`): what was set stands.
            found["target_object_key_format"] = state.get("target_object_key_format")
        return found

    def delete(self, aws: AwsSession, state: State) -> None:
        """Put an empty status: there is no call to delete it."""
        aws.client("s3").put_bucket_logging(Bucket=state["id"], BucketLoggingStatus={})


_CORS_RULE = shape(
    id="ID",
    allowed_headers="AllowedHeaders",
    allowed_methods="AllowedMethods",
    allowed_origins="AllowedOrigins",
    expose_headers="ExposeHeaders",
    max_age_seconds="MaxAgeSeconds",
)


@resource
class S3BucketCorsConfiguration(BucketSetting):
    """Which sites' scripts may use the bucket from a browser."""

    type_name = "aws_s3_bucket_cors_configuration"
    absent = NO_BUCKET | {"NoSuchCORSConfiguration"}
    put_call, get_call, delete_call = "put_bucket_cors", "get_bucket_cors", "delete_bucket_cors"

    def document(self, planned: State) -> dict[str, Any]:
        """Return the rules."""
        rules = [_CORS_RULE.to_aws(rule) for rule in planned["cors_rule"]]
        return {"CORSConfiguration": {"CORSRules": rules}}

    def attributes(self, answer: dict[str, Any], state: State) -> State | None:
        """Return the rules."""
        del state
        return {"cors_rule": [_CORS_RULE.from_aws(rule) for rule in answer["CORSRules"]]}


_WEBSITE = shape(
    error_document=one("ErrorDocument", key="Key"),
    index_document=one("IndexDocument", suffix="Suffix"),
    redirect_all_requests_to=one(
        "RedirectAllRequestsTo", host_name="HostName", protocol="Protocol"
    ),
    routing_rule=many(
        "RoutingRules",
        condition=one(
            "Condition",
            http_error_code_returned_equals="HttpErrorCodeReturnedEquals",
            key_prefix_equals="KeyPrefixEquals",
        ),
        redirect=one(
            "Redirect",
            host_name="HostName",
            http_redirect_code="HttpRedirectCode",
            protocol="Protocol",
            replace_key_prefix_with="ReplaceKeyPrefixWith",
            replace_key_with="ReplaceKeyWith",
        ),
    ),
)


@resource
class S3BucketWebsiteConfiguration(BucketSetting):
    """A bucket as a website."""

    type_name = "aws_s3_bucket_website_configuration"
    absent = NO_BUCKET | {"NoSuchWebsiteConfiguration"}
    conflicts = (frozenset({"index_document", "redirect_all_requests_to"}),)
    put_call, get_call = "put_bucket_website", "get_bucket_website"
    delete_call = "delete_bucket_website"

    def document(self, planned: State) -> dict[str, Any]:
        """Return the configuration."""
        return {"WebsiteConfiguration": _WEBSITE.to_aws(planned)}

    def attributes(self, answer: dict[str, Any], state: State) -> State | None:
        """Return the configuration and the endpoint that follows from it."""
        domain = f"s3-website-{state['region']}.amazonaws.com"
        return {
            **_WEBSITE.from_aws(answer),
            "website_domain": domain,
            "website_endpoint": f"{state['id']}.{domain}",
        }


_TIME = one("Time", minutes="Minutes")
_REPLICATION_RULE = shape(
    id="ID",
    prefix="Prefix",
    priority="Priority",
    status="Status",
    delete_marker_replication=one("DeleteMarkerReplication", status="Status"),
    destination=one(
        "Destination",
        account="Account",
        bucket="Bucket",
        storage_class="StorageClass",
        access_control_translation=one("AccessControlTranslation", owner="Owner"),
        encryption_configuration=one(
            "EncryptionConfiguration", replica_kms_key_id="ReplicaKmsKeyID"
        ),
        metrics=one(
            "Metrics", status="Status", event_threshold=one("EventThreshold", minutes="Minutes")
        ),
        replication_time=one("ReplicationTime", status="Status", time=_TIME),
    ),
    existing_object_replication=one("ExistingObjectReplication", status="Status"),
    filter=one(
        "Filter",
        prefix="Prefix",
        tag=one("Tag", key="Key", value="Value"),
        # "and" is a word of Python.
        **{"and": one("And", prefix="Prefix", tags=Member("Tags", kind="tags"))},
    ),
    source_selection_criteria=one(
        "SourceSelectionCriteria",
        replica_modifications=one("ReplicaModifications", status="Status"),
        sse_kms_encrypted_objects=one("SseKmsEncryptedObjects", status="Status"),
    ),
)


@resource
class S3BucketReplicationConfiguration(BucketSetting):
    """Into which buckets objects are copied."""

    type_name = "aws_s3_bucket_replication_configuration"
    replace = frozenset({"bucket"})
    absent = NO_BUCKET | {"ReplicationConfigurationNotFoundError"}
    enums: ClassVar = {"rule.status": ("s3", "ReplicationRuleStatus")}
    put_call, get_call = "put_bucket_replication", "get_bucket_replication"
    delete_call = "delete_bucket_replication"

    def document(self, planned: State) -> dict[str, Any]:
        """Return role and rules."""
        rules = [_replication_rule(rule) for rule in planned["rule"]]
        return {"ReplicationConfiguration": {"Role": planned["role"], "Rules": rules}}

    def attributes(self, answer: dict[str, Any], state: State) -> State | None:
        """Return role and rules."""
        del state
        found = answer["ReplicationConfiguration"]
        rules = [_REPLICATION_RULE.from_aws(rule) for rule in found["Rules"]]
        return {"role": found["Role"], "rule": rules}


def _replication_rule(rule: State) -> dict[str, Any]:
    wanted = _REPLICATION_RULE.to_aws(rule)
    if rule["filter"]:
        wanted.pop("Prefix", None)
        wanted.setdefault("Filter", {})
        # A filter without a condition is a prefix of nothing: all objects.
        if not any(wanted["Filter"].values()):
            wanted["Filter"] = {"Prefix": ""}
    return wanted
