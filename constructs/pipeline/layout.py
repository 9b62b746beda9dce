"""Which stacks an environment has, the home region of each, and what DNS has of the regions."""

from __future__ import annotations

from pipeline.config import Environment

HEALTH_CHECK_REGION = "us-east-1"
"""Route 53 publishes the metrics of its health checks there, and only there."""

STANDBY_ALARM = "standby-requests"
"""The alarm on calls of the secondary region: they are no trouble while both are active."""


def stack_homes(environment: Environment) -> dict[str, str]:
    """Return the stacks in the order of a deploy, each with its home region.

    A stack's state is in its home region, so that the stack can be planned and applied as long as
    that region is up. ``account`` exists where the environment owns what is there once per account.
    """
    primary, secondary = environment.both_regions
    homes = {"foundation": primary, "primary": primary, "secondary": secondary, "edge": primary}
    return {**homes, "account": primary} if environment.account.singletons else homes


def weighted_name(domain: str) -> str:
    """Return the name below the API's domain whose records share the calls between the regions."""
    return f"live.{domain}"


def failure_alarm_name(region: str) -> str:
    """Return the alarm, in `HEALTH_CHECK_REGION`, on what Route 53 finds of a region's API."""
    return f"region-failure-{region}"
