"""Every credential belongs to the account of the run.

Stands in for `moto.iam.models.get_account_id_from`, which sends every access key that IAM did not
hand out to moto's default account.
"""

from __future__ import annotations

import re

import moto.iam.models

from embedded_aws.state import RUN, EmbeddedAwsError


def check(account: str) -> str:
    """Return `account` if it is an AWS account id (12 digits); raise `EmbeddedAwsError` if not."""
    if not re.fullmatch(r"\d{12}", account):
        raise EmbeddedAwsError(f"account {account!r} is not an AWS account id: give 12 digits")
    return account


def _account_of_the_run(_access_key: str) -> str:
    return RUN.account


def install() -> None:
    """Let moto answer for the run's account, whatever the access key."""
    moto.iam.models.get_account_id_from = _account_of_the_run
