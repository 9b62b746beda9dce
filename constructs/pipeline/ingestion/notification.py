"""The one notification configuration of the ingestion bucket (rows A3, D1).

S3 knows one configuration per bucket, and a second Terraform resource for it would overwrite the
first (terraform-provider-aws #271), so both triggers are written here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.lambda_permission import LambdaPermission
from cdktf_cdktf_provider_aws.s3_bucket_notification import (
    S3BucketNotification,
    S3BucketNotificationLambdaFunction,
)
from constructs import Construct

from pipeline.compute.function import Function
from pipeline.datasets import Dataset, notification_filters


@dataclass(frozen=True)
class NotificationProps:
    """Who hears of new objects.

    Parameters
    ----------
    bucket, bucket_arn
        The ingestion bucket.
    account
        Its owner: a bucket's name can pass to another account, and the ARN has no account.
    datasets
        The kinds of data; used by the direct notification only.
    function
        The processor for the direct notification; None: events go to EventBridge.
    """

    bucket: str
    bucket_arn: str
    account: str
    datasets: Sequence[Dataset]
    function: Function | None


class BucketNotification(Construct):
    """Objects created: to EventBridge, or directly to the processor."""

    def __init__(self, scope: Construct, construct_id: str, props: NotificationProps) -> None:
        super().__init__(scope, construct_id)
        if props.function is None:
            S3BucketNotification(self, "notification", bucket=props.bucket, eventbridge=True)
            return
        # S3 asks for the permission when the notification is made (terraform-provider-aws #1582).
        permission = LambdaPermission(
            self,
            "permission",
            statement_id="IngestionBucketInvokes",
            action="lambda:InvokeFunction",
            function_name=props.function.alias.function_name,
            qualifier=props.function.alias.name,
            principal="s3.amazonaws.com",
            source_arn=props.bucket_arn,
            source_account=props.account,
        )
        S3BucketNotification(
            self,
            "notification",
            bucket=props.bucket,
            lambda_function=[
                S3BucketNotificationLambdaFunction(
                    id=f"{dataset.name}{suffix}",
                    lambda_function_arn=props.function.live_arn,
                    events=["s3:ObjectCreated:*"],
                    filter_prefix=prefix,
                    filter_suffix=suffix,
                )
                for dataset in props.datasets
                for prefix, suffix in notification_filters(dataset)
            ],
            depends_on=[permission],
        )
