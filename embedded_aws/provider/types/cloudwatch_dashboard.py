"""``aws_cloudwatch_dashboard``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ProviderError, ResourceType, State

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


@resource
class CloudwatchDashboard(ResourceType):
    """A dashboard; its name is its id."""

    type_name = "aws_cloudwatch_dashboard"
    replace = frozenset({"dashboard_name"})
    json_attributes = frozenset({"dashboard_body"})
    absent = frozenset({"ResourceNotFound", "DashboardNotFoundError"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Put the dashboard."""
        self._put(aws, planned)
        return {"id": planned["dashboard_name"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Get the dashboard."""
        dashboard = aws.client("cloudwatch").get_dashboard(DashboardName=state["id"])
        return {
            "dashboard_name": dashboard["DashboardName"],
            "dashboard_arn": dashboard["DashboardArn"],
            "dashboard_body": dashboard["DashboardBody"],
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Put the dashboard anew."""
        del prior
        self._put(aws, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the dashboard."""
        aws.client("cloudwatch").delete_dashboards(DashboardNames=[state["id"]])

    def _put(self, aws: AwsSession, planned: State) -> None:
        answer = aws.client("cloudwatch").put_dashboard(
            DashboardName=planned["dashboard_name"], DashboardBody=planned["dashboard_body"]
        )
        for message in answer.get("DashboardValidationMessages") or []:
            raise ProviderError(
                f"CloudWatch refused the dashboard: {message.get('Message')}", "dashboard_body"
            )
