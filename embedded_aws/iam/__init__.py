"""IAM that decides: every API call is judged by the policies of whoever makes it.

Not judged: signatures (but at deployed APIs), the administrator's credentials, service control
policies, ACLs, VPC endpoint policies, tags as conditions on resources (`aws:ResourceTag`),
grants of KMS keys, and resource-based policies of DynamoDB tables. A delete of several objects
is refused as a whole if one of its keys is.
"""

from __future__ import annotations

from moto.s3.models import FakeBucket

from . import gate, principals
from .authorization import authorize
from .trust import may_assume, service_may

__all__ = ["install", "may_assume", "service_may"]


def install() -> None:
    """Judge every call from now on.

    Stands in for `moto.s3.models.FakeBucket.get_permission` too: moto's own reading of a bucket
    policy denies whatever has a condition.
    """
    from moto.iam.access_control import PermissionResult  # noqa: PLC0415 - moto's import order

    def already_judged(_bucket: object, _action: str, _resource: str) -> PermissionResult:
        return PermissionResult.PERMITTED

    FakeBucket.get_permission = already_judged
    principals.forget()
    gate.register("iam", authorize)
