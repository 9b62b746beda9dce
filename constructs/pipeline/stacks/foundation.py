"""What must never be lost and what is global: keys, tables, buckets, roles."""

from __future__ import annotations

from constructs import Construct

from pipeline.api.document import load_document, routes
from pipeline.functions.api import api_statements
from pipeline.functions.object_sweep import object_sweep_statements
from pipeline.functions.processor import processor_statements
from pipeline.functions.request_notifier import request_notifier_statements
from pipeline.functions.request_processor import request_processor_statements
from pipeline.functions.request_validator import request_validator_statements
from pipeline.functions.stream_processor import stream_processor_statements
from pipeline.functions.tracing import tracing_statements
from pipeline.identity.failover import FailoverRole, FailoverRoleProps
from pipeline.identity.identity_pool import IdentityPool, IdentityPoolProps
from pipeline.identity.policy import Statement, trust
from pipeline.identity.service_role import RoleProps, ServiceRole
from pipeline.identity.user_pool import UserPool, UserPoolProps
from pipeline.naming import BUCKETS, WORKFLOW, Bucket, Function
from pipeline.stacks.base import PipelineStack, StackProps
from pipeline.storage.bucket import BucketProps, PrivateBucket
from pipeline.storage.data_key import DataKey, DataKeyProps
from pipeline.storage.replication import BucketReplication, BucketReplicationProps
from pipeline.storage.secret import RANDOM_TEXT, Secret, SecretProps, keeps_api_key, random_member
from pipeline.storage.table import Index, Protection, Table, TableProps
from pipeline.storage.upload_origins import UploadOrigins
from pipeline.workflow.state_machine import workflow_statements

_ARCHIVED: tuple[Bucket, ...] = ("data-ingestion", "artifacts")
# Keys of the records of long objects: nobody reads them once the object has ended. Its messages
# live up to 24 days, in the queue and then among the dead letters (`messaging.work_queue`).
_EXPIRING: dict[Bucket, dict[str, int]] = {"data-quarantine": {"checkpoints/": 60}}
_DISPOSABLE_KEY_DAYS, _KEY_DAYS = 7, 30  # the shortest and the longest that KMS offers
_SECRET_DAYS = 30  # the longest that Secrets Manager offers


class Foundation(PipelineStack):
    """State of both regions; the regional stacks find it by name."""

    def __init__(self, scope: Construct, stack_id: str, props: StackProps) -> None:
        primary, secondary = props.environment.both_regions
        super().__init__(scope, stack_id, props, home=primary, others=[secondary])
        self._environment, self._names = props.environment, props.names
        self._regions = (primary, secondary)
        self._key = self._build_key()
        self._build_tables()
        self._build_secrets()
        self._buckets = {
            (kind, region): self._build_bucket(kind, region)
            for region in self._regions
            for kind in BUCKETS
        }
        if props.environment.data.replicate_ingestion_bucket:
            self._build_replication()
        if props.environment.api.enabled and props.environment.api.cors_origins:
            self._build_upload_origins()
        for region in self._regions:
            self._build_roles(region)
        self._build_failover_role()
        if props.environment.identity.enabled:
            for region in self._regions:
                self._build_identity(region)
        self._publish_outputs()

    def _build_key(self) -> DataKey:
        disposable = self._environment.data.disposable
        return DataKey(
            self,
            "data-key",
            DataKeyProps(
                account=self._environment.account.id,
                partition=self._environment.partition,
                alias=self._names.kms_alias(),
                regions=self._regions,
                replica_provider=self.providers[self._regions[1]],
                deletion_window_days=_DISPOSABLE_KEY_DAYS if disposable else _KEY_DAYS,
            ),
        )

    def _build_tables(self) -> None:
        data = self._environment.data
        protection = Protection(data.point_in_time_recovery, data.deletion_protection)
        Table(
            self,
            "processed-data",
            TableProps(
                name=self._names.table("processed-data"),
                partition_key="recordId",
                sort_key="timestamp",
                key_arns=self._key.arns,
                expiry_attribute="expiresAt",
                indexes=[Index("status-index", "statusKey", "timestamp")],
                provider=self.providers[self._regions[0]],
                protection=protection,
            ),
        )
        Table(
            self,
            "object-ledger",
            TableProps(
                name=self._names.table("object-ledger"),
                partition_key="objectId",
                sort_key="region",
                key_arns=self._key.arns,
                expiry_attribute="expiresAt",  # of requests; objects have none
                provider=self.providers[self._regions[0]],
                protection=protection,
            ),
        )
        for region in self._regions:
            Table(
                self,
                f"invocation-log-{region}",
                TableProps(
                    name=self._names.table("invocation-log"),
                    partition_key="requestId",
                    sort_key="timestamp",
                    key_arns={region: self._key.arns[region]},
                    expiry_attribute="expiresAt",
                    provider=self.providers[region],
                    protection=protection,
                ),
            )

    def _build_secrets(self) -> None:
        names = self._names
        self._build_secret(
            "secret",
            names.secret(),
            "What the pipeline's functions must keep to themselves: cursorKey",
            random_member("cursorKey"),
        )
        if keeps_api_key(self._environment):
            self._build_secret(
                "api-key",
                names.api_key(),
                "The value of the API's key, in both regions",
                RANDOM_TEXT,
            )

    def _build_secret(self, construct_id: str, name: str, description: str, value: str) -> None:
        Secret(
            self,
            construct_id,
            SecretProps(
                name=name,
                description=description,
                first_value=value,
                key_arns=self._key.arns,
                recovery_window_days=0 if self._environment.data.disposable else _SECRET_DAYS,
            ),
        )

    def _build_bucket(self, kind: Bucket, region: str) -> PrivateBucket:
        data = self._environment.data
        return PrivateBucket(
            self,
            f"{kind}-{region}",
            BucketProps(
                name=self._names.bucket(kind, region),
                arn=self._names.bucket_arn(kind, region),
                provider=self.providers[region],
                disposable=data.disposable,
                noncurrent_version_days=data.noncurrent_version_days,
                archive_after_days=data.archive_after_days if kind in _ARCHIVED else None,
                expiring=_EXPIRING.get(kind, {}),
            ),
        )

    def _build_upload_origins(self) -> None:
        for region in self._regions:
            UploadOrigins(
                self,
                f"upload-origins-{region}",
                bucket=self._buckets["data-ingestion", region],
                origins=self._environment.api.cors_origins,
                provider=self.providers[region],
            )

    def _build_replication(self) -> None:
        primary, secondary = self._regions
        for source, target in ((primary, secondary), (secondary, primary)):
            BucketReplication(
                self,
                f"replication-{source}",
                BucketReplicationProps(
                    source=self._buckets["data-ingestion", source],
                    target=self._buckets["data-ingestion", target],
                    role_name=self._names.role("ingestion-copy", source),
                    provider=self.providers[source],
                ),
            )

    def _build_roles(self, region: str) -> None:
        names = self._names
        roles: dict[Function, tuple[str, list[Statement]]] = {
            "data-processor": ("the processor", processor_statements(names, region)),
            "stream-processor": (
                "the stream processor",
                stream_processor_statements(names, region),
            ),
            "object-sweep": ("the sweep", object_sweep_statements(names, region)),
        }
        if self._environment.api.enabled:
            roles["api"] = ("the API", api_statements(names, region, self._regions))
        if self._environment.workflow.enabled:
            roles |= {
                "request-validator": (
                    "the validator of requests",
                    request_validator_statements(names, region),
                ),
                "request-processor": (
                    "the processor of requests",
                    request_processor_statements(names, region),
                ),
                "request-notifier": (
                    "the notifier of requests",
                    request_notifier_statements(names, region),
                ),
            }
            self._build_workflow_role(region)
        for function, (who, statements) in roles.items():
            ServiceRole(
                self,
                f"{function}-role-{region}",
                RoleProps(
                    name=names.role(function, region),
                    description=f"What {who} does in {region}",
                    trust_policy=trust("lambda"),
                    statements=[*statements, *tracing_statements(self._environment)],
                ),
            )

    def _build_workflow_role(self, region: str) -> None:
        ServiceRole(
            self,
            f"{WORKFLOW}-role-{region}",
            RoleProps(
                name=self._names.role(WORKFLOW, region),
                description=f"What the workflow does in {region}",
                trust_policy=trust("states"),
                statements=workflow_statements(self._environment, self._names, region),
            ),
        )

    def _build_failover_role(self) -> None:
        FailoverRole(
            self,
            "failover-role",
            FailoverRoleProps(environment=self._environment, names=self._names),
        )

    def _build_identity(self, region: str) -> None:
        names, settings = self._names, self._environment.identity
        protected, provider = self._environment.data.deletion_protection, self.providers[region]
        users = UserPool(
            self,
            f"users-{region}",
            UserPoolProps(settings, names.user_pool(), protected, provider),
        )
        methods = [each for each in routes(load_document()) if not each.is_open]
        identities = IdentityPool(
            self,
            f"identities-{region}",
            IdentityPoolProps(
                name=names.identity_pool(),
                role_name=names.role("api-user", region),
                users=users,
                methods=[f"{names.stage_arn_pattern(region)}/{each.resource}" for each in methods],
                provider=provider,
            ),
        )
        suffix = region.replace("-", "_")
        self.publish(f"user_pool_id_{suffix}", users.id, f"The API's users in {region}")
        self.publish(f"user_pool_client_id_{suffix}", users.client_id, "By which apps sign them in")
        self.publish(f"identity_pool_id_{suffix}", identities.id, "Where they get AWS credentials")

    def _publish_outputs(self) -> None:
        for table in ("processed-data", "object-ledger"):
            word = table.replace("-", "_")
            self.publish(f"{word}_table", self._names.table(table), f"The table {table}")
            for region in self._regions:
                arn = self._names.table_arn(table, region)
                suffix = region.replace("-", "_")
                self.publish(f"{word}_table_arn_{suffix}", arn, f"The table {table} in {region}")
        for (kind, region), bucket in self._buckets.items():
            name = f"{kind}_bucket_{region}".replace("-", "_")
            self.publish(name, bucket.name, f"The bucket {kind} of {region}")
        for region, arn in self._key.arns.items():
            self.publish(f"data_key_arn_{region}".replace("-", "_"), arn, f"The key in {region}")
