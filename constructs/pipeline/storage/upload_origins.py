"""Which pages may upload to a bucket by a URL that was signed for them (row E5).

Source: Amazon S3 User Guide, "Using cross-origin resource sharing (CORS)".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cdktf_cdktf_provider_aws.s3_bucket_cors_configuration import (
    S3BucketCorsConfiguration,
    S3BucketCorsConfigurationCorsRule,
)
from constructs import Construct

from pipeline.storage.bucket import PrivateBucket

_REMEMBERED_SECONDS = 600


class UploadOrigins(Construct):
    """Lets browsers send a page's PUT, and nothing else; S3 still wants the signature.

    Parameters
    ----------
    bucket
        The bucket.
    origins
        Scheme, host and perhaps port of the pages; one ``*`` for all.
    provider
        Of the bucket's region.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: PrivateBucket,
        origins: Sequence[str],
        provider: Any,
    ) -> None:
        super().__init__(scope, construct_id)
        S3BucketCorsConfiguration(
            self,
            "cors",
            bucket=bucket.id,
            cors_rule=[
                S3BucketCorsConfigurationCorsRule(
                    id="uploads",
                    allowed_methods=["PUT"],
                    allowed_origins=list(origins),
                    allowed_headers=["Content-Type"],
                    expose_headers=["ETag", "x-amz-version-id"],
                    max_age_seconds=_REMEMBERED_SECONDS,
                )
            ],
            provider=provider,
        )
