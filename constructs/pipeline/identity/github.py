"""Roles that jobs of a GitHub repository assume without a key (rows C7, F7).

GitHub signs a token for each job that says whose it is; its subject is compared as a whole, so that
no other repository, branch or environment fits (GitHub Docs, "Configuring OpenID Connect in Amazon
Web Services"; "OpenID Connect reference", "Filtering for a specific environment").
"""

from __future__ import annotations

from dataclasses import dataclass

from cdktf_cdktf_provider_aws.iam_openid_connect_provider import IamOpenidConnectProvider
from constructs import Construct

from pipeline.config import Environment
from pipeline.identity.policy import Statement, policy
from pipeline.identity.service_role import RoleProps, ServiceRole
from pipeline.naming import FUNCTIONS, WORKFLOW, Names
from pipeline.storage.secret import keeps_api_key

_ISSUER = "token.actions.githubusercontent.com"
_AUDIENCE = "sts.amazonaws.com"
# IAM's prefixes of the services that the stacks have resources in; IAM itself stands below.
_SERVICES = (
    *("acm", "apigateway", "cloudwatch", "cognito-identity", "cognito-idp", "dynamodb", "events"),
    *("kms", "lambda", "logs", "route53", "s3", "secretsmanager", "sns", "sqs", "states", "xray"),
)
_DEPLOY_SECONDS = 7200  # as long as a job of the workflow `release` may last
# All that the stacks have a role for.
_ROLES = (
    *FUNCTIONS,
    *(WORKFLOW, "api-user", "ingestion-copy", "failover-operator"),
    *("api-logging", "ci-plan", "ci-deploy"),
)
# What Terraform reads to compare; no records, objects, log lines or messages.
_READS = (
    "acm:DescribeCertificate",
    "acm:ListTagsForCertificate",
    "apigateway:GET",
    "cloudwatch:Describe*",
    "cloudwatch:GetDashboard",
    "cloudwatch:ListTagsForResource",
    "cognito-identity:Describe*",
    "cognito-identity:GetIdentityPoolRoles",
    "cognito-identity:List*",
    "cognito-idp:Describe*",
    "cognito-idp:GetUserPoolMfaConfig",
    "cognito-idp:List*",
    "dynamodb:Describe*",
    "dynamodb:ListTables",
    "dynamodb:ListTagsOfResource",
    "events:Describe*",
    "events:List*",
    "iam:Get*",
    "iam:List*",
    "kms:Describe*",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:List*",
    "lambda:GetAlias",
    "lambda:GetEventSourceMapping",
    "lambda:GetFunction*",
    "lambda:GetLayerVersion",
    "lambda:GetPolicy",
    "lambda:List*",
    "logs:Describe*",
    "logs:ListTagsForResource",
    "route53:GetChange",
    "route53:GetHealthCheck",
    "route53:GetHostedZone",
    "route53:List*",
    "s3:GetAccelerateConfiguration",
    "s3:GetBucket*",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetResourcePolicy",
    "secretsmanager:ListSecretVersionIds",
    "sns:Get*",
    "sns:List*",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ListQueueTags",
    "states:Describe*",
    "states:ListTagsForResource",
    "states:ListStateMachineVersions",
    "states:ValidateStateMachineDefinition",
)


@dataclass(frozen=True)
class GithubRolesProps:
    """Whose jobs may do what.

    Parameters
    ----------
    environment, names
        The configuration and the naming rule.
    repository
        ``owner/name``.
    """

    environment: Environment
    names: Names
    repository: str


class GithubRoles(Construct):
    """GitHub as an identity provider of the account, a role for plans and one for deploys.

    Attributes
    ----------
    plan_arn, deploy_arn
        The roles.
    """

    def __init__(self, scope: Construct, construct_id: str, props: GithubRolesProps) -> None:
        super().__init__(scope, construct_id)
        self._props = props
        provider = IamOpenidConnectProvider(
            self, "provider", url=f"https://{_ISSUER}", client_id_list=[_AUDIENCE]
        )
        name = props.environment.environment
        self.plan_arn = self._role(
            "ci-plan",
            "Reviews of pull requests read what is deployed",
            provider.arn,
            "pull_request",
            self._plan_statements(),
        )
        self.deploy_arn = self._role(
            "ci-deploy",
            f"Releases from the GitHub environment {name}",
            provider.arn,
            f"environment:{name}",
            self._deploy_statements(),
            _DEPLOY_SECONDS,
        )

    def _role(
        self,
        name: str,
        description: str,
        provider: str,
        jobs: str,
        statements: list[Statement],
        session_seconds: int | None = None,
    ) -> str:
        trusted = Statement(
            sid="AssumedByJobs",
            actions=["sts:AssumeRoleWithWebIdentity"],
            principal={"Federated": provider},
            conditions={
                "StringEquals": {
                    f"{_ISSUER}:aud": _AUDIENCE,
                    f"{_ISSUER}:sub": f"repo:{self._props.repository}:{jobs}",
                }
            },
        )
        props = RoleProps(
            name=self._props.names.role(name, self._props.environment.regions.primary),
            description=description,
            trust_policy=policy(trusted),
            statements=statements,
            session_seconds=session_seconds,
        )
        return ServiceRole(self, name, props).arn

    def _plan_statements(self) -> list[Statement]:
        names, regions = self._props.names, self._props.environment.both_regions
        states = [
            f"arn:{self._props.environment.partition}:s3:::{names.state_bucket(region)}/*"
            for region in regions
        ]
        packages = [f"{names.bucket_arn('artifacts', region)}/*" for region in regions]
        return [
            Statement(sid="ReadConfiguration", actions=_READS, resources=["*"]),
            Statement(
                sid="ReadStatesAndPackages",
                actions=["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion"],
                resources=[*states, *packages],
            ),
            Statement(
                sid="ReadSecrets",
                actions=["secretsmanager:GetSecretValue"],
                resources=self._secrets(),
            ),
        ]

    def _secrets(self) -> list[str]:
        """Return patterns of the secrets whose value Terraform's provider gets when it plans.

        It does so for the first value of each, where that is managed, although it is write-only
        (hashicorp/terraform-provider-aws #42383), and for the API's key in both regions. Their key
        is used through Secrets Manager, which its own policy allows: `storage.data_key`.
        """
        names, environment = self._props.names, self._props.environment
        patterns = [names.secret_arn_pattern(environment.regions.primary)]
        if keeps_api_key(environment):
            patterns += [
                names.arn("secretsmanager", region, f"secret:{names.api_key()}-??????")
                for region in environment.both_regions
            ]
        return patterns

    def _deploy_statements(self) -> list[Statement]:
        names, environment = self._props.names, self._props.environment
        provider = names.arn("iam", "", f"oidc-provider/{_ISSUER}")
        services = [f"{service}:*" for service in _SERVICES]
        return [
            Statement(sid="DeployServices", actions=services, resources=["*"]),
            Statement(sid="ReadRoles", actions=["iam:Get*", "iam:List*"], resources=["*"]),
            Statement(sid="DeployRoles", actions=["iam:*"], resources=[*self._roles(), provider]),
            Statement(
                sid="MakeServiceRoles",
                actions=["iam:CreateServiceLinkedRole"],
                resources=[
                    f"arn:{environment.partition}:iam::{environment.account.id}:role/aws-service-role/*"
                ],
            ),
        ]

    def _roles(self) -> list[str]:
        """Return the environment's own roles, also those of what is switched off.

        One by one: a pattern for ``dev`` would fit the roles of an environment ``eu-dev``, too.
        """
        names, regions = self._props.names, self._props.environment.both_regions
        every = [names.role(kind, region) for kind in _ROLES for region in regions]
        return [names.arn("iam", "", f"role/{each}") for each in every]
