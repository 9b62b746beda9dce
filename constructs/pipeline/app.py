"""The app: one environment's stacks and the order between them."""

from __future__ import annotations

from cdktf import App

from pipeline.stacks.account import Account
from pipeline.stacks.base import StackProps
from pipeline.stacks.edge import Edge
from pipeline.stacks.foundation import Foundation
from pipeline.stacks.regional import Regional


def add_stacks(app: App, props: StackProps) -> None:
    """Add the stacks of an environment to an app.

    ``foundation`` comes first, then both regions at once, then ``edge``. ``account`` exists only
    where the environment owns what is there once per account; the regions wait for it, since API
    Gateway takes no stage with logs before it knows the role by which it writes them.

    Parameters
    ----------
    app
        The CDKTF app.
    props
        What the stacks are made from.
    """
    foundation = Foundation(app, "foundation", props)
    primary = Regional(app, "primary", props, region=props.environment.regions.primary)
    secondary = Regional(app, "secondary", props, region=props.environment.regions.secondary)
    edge = Edge(app, "edge", props)
    for regional in (primary, secondary):
        regional.add_dependency(foundation)
        edge.add_dependency(regional)
    if props.environment.account.singletons:
        account = Account(app, "account", props)
        for regional in (primary, secondary):
            regional.add_dependency(account)
