"""What exists once per AWS account: API Gateway's role for logs, and GitHub's (rows C4, C7).

One environment per account owns it, the one with ``account.singletons = true``.
"""

from __future__ import annotations

from cdktf_cdktf_provider_aws.api_gateway_account import ApiGatewayAccount
from constructs import Construct

from pipeline.identity.github import GithubRoles, GithubRolesProps
from pipeline.identity.policy import Statement, trust
from pipeline.identity.service_role import RoleProps, ServiceRole
from pipeline.stacks.base import PipelineStack, StackProps

# API Gateway, "Permissions for CloudWatch logging": it refuses a role that lacks one of these.
_LOGGING_ACTIONS = (
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:PutLogEvents",
)


class Account(PipelineStack):
    """API Gateway's logging role and its registration in each region; GitHub's roles, if any."""

    def __init__(self, scope: Construct, stack_id: str, props: StackProps) -> None:
        primary, secondary = props.environment.both_regions
        super().__init__(scope, stack_id, props, home=primary, others=[secondary])
        account = props.environment.account.id
        groups = [
            f"arn:{props.environment.partition}:logs:{region}:{account}:log-group:*"
            for region in props.environment.both_regions
        ]
        role = ServiceRole(
            self,
            "api-logging-role",
            RoleProps(
                name=props.names.role("api-logging", primary),
                description="API Gateway writes execution and access logs",
                trust_policy=trust("apigateway"),
                statements=[Statement(sid="WriteLogs", actions=_LOGGING_ACTIONS, resources=groups)],
            ),
        )
        for region in (primary, secondary):
            ApiGatewayAccount(
                self,
                f"api-gateway-{region}",
                cloudwatch_role_arn=role.arn,
                provider=self.providers[region],
                depends_on=[role.permissions],
            )
        if props.environment.ci.repository is not None:
            self._admit(props, props.environment.ci.repository)

    def _admit(self, props: StackProps, repository: str) -> None:
        roles = GithubRoles(
            self, "github", GithubRolesProps(props.environment, props.names, repository)
        )
        self.publish("ci_plan_role_arn", roles.plan_arn, "Whom reviews of pull requests assume")
        self.publish("ci_deploy_role_arn", roles.deploy_arn, "Whom releases assume")
