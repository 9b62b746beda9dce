"""R-F1: a deletion of several objects by a role, each key judged."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.iam.conftest import AsRole


def test_xml_that_nobody_can_parse_is_the_callers_error(as_role: AsRole, aws: Any) -> None:
    aws.client("s3").create_bucket(Bucket="delete-objects-unreadable")
    caller = as_role({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    with pytest.raises(ClientError, match="MalformedXML"):
        caller.client("s3").delete_objects(
            Bucket="delete-objects-unreadable", Delete={"Objects": [{"Key": "a\x01"}]}
        )
    assert not any("DeleteObjects" in error for error in aws.state.errors)
