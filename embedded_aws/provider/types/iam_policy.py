"""Policies of IAM: managed ones, inline ones of a role, and attachments to roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from embedded_aws.provider.attributes import changed, given, tag_changes, tag_list
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State
from embedded_aws.provider.types.iam_role import policy_text

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession

# A managed policy has five versions at most.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
_MOST_VERSIONS = 5


@resource
class IamPolicy(ResourceType):
    """A managed policy of the account."""

    type_name = "aws_iam_policy"
    replace = frozenset({"name", "name_prefix", "path", "description"})
    defaults: ClassVar = {"path": "/"}
    policies = frozenset({"policy"})
    conflicts = (frozenset({"name", "name_prefix"}),)
    absent = frozenset({"NoSuchEntity"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the policy."""
        name = planned["name"] or aws.unique_name(planned["name_prefix"])
        answer = aws.client("iam").create_policy(
            PolicyName=name,
            PolicyDocument=planned["policy"],
            **given(
                Path=planned["path"],
                Description=planned["description"],
                Tags=tag_list(planned),
            ),
        )["Policy"]
        return {"id": answer["Arn"], "arn": answer["Arn"], "name": name}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the policy and its default version."""
        iam = aws.client("iam")
        policy = iam.get_policy(PolicyArn=state["id"])["Policy"]
        version = iam.get_policy_version(
            PolicyArn=state["id"], VersionId=policy["DefaultVersionId"]
        )["PolicyVersion"]
        return {
            "arn": policy["Arn"],
            "attachment_count": policy["AttachmentCount"],
            "description": policy.get("Description", ""),
            "name": policy["PolicyName"],
            "path": policy["Path"],
            "policy": policy_text(version["Document"]),
            "policy_id": policy["PolicyId"],
            "tags_all": {tag["Key"]: tag["Value"] for tag in policy.get("Tags", [])},
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Add a version with the new document and make it the default."""
        iam, arn = aws.client("iam"), prior["arn"]
        if changed(prior, planned, "policy"):
            versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
            if len(versions) >= _MOST_VERSIONS:
                old = [version for version in versions if not version["IsDefaultVersion"]]
                oldest = min(old, key=lambda version: version["CreateDate"])
                iam.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])
            iam.create_policy_version(
                PolicyArn=arn, PolicyDocument=planned["policy"], SetAsDefault=True
            )
        removed, added = tag_changes(prior, planned)
        if removed:
            iam.untag_policy(PolicyArn=arn, TagKeys=removed)
        if added:
            iam.tag_policy(PolicyArn=arn, Tags=[{"Key": k, "Value": v} for k, v in added.items()])

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the policy with all its versions."""
        iam, arn = aws.client("iam"), state["arn"]
        for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=arn)

    def import_state(self, aws: AwsSession, identifier: str) -> State:
        """Import by ARN."""
        del aws
        return {"id": identifier, "arn": identifier}


@resource
class IamRolePolicy(ResourceType):
    """An inline policy of a role; its id is ``role:name``."""

    type_name = "aws_iam_role_policy"
    replace = frozenset({"role", "name", "name_prefix"})
    policies = frozenset({"policy"})
    conflicts = (frozenset({"name", "name_prefix"}),)
    absent = frozenset({"NoSuchEntity"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Write the policy into the role."""
        name = planned["name"] or aws.unique_name(planned["name_prefix"])
        self._put(aws, planned["role"], name, planned["policy"])
        return {"id": f"{planned['role']}:{name}", "name": name}

    def _put(self, aws: AwsSession, role: str, name: str, policy: str) -> None:
        aws.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=policy)

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the policy."""
        role, _, name = state["id"].partition(":")
        answer = aws.client("iam").get_role_policy(RoleName=role, PolicyName=name)
        return {"role": role, "name": name, "policy": policy_text(answer["PolicyDocument"])}

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Replace the document."""
        self._put(aws, prior["role"], prior["name"], planned["policy"])

    def delete(self, aws: AwsSession, state: State) -> None:
        """Take the policy out of the role."""
        aws.client("iam").delete_role_policy(RoleName=state["role"], PolicyName=state["name"])


@resource
class IamRolePolicyAttachment(ResourceType):
    """The attachment of a managed policy to a role; its id is ``role/arn``."""

    type_name = "aws_iam_role_policy_attachment"
    replace = frozenset({"role", "policy_arn"})
    absent = frozenset({"NoSuchEntity"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Attach the policy."""
        role, arn = planned["role"], planned["policy_arn"]
        aws.client("iam").attach_role_policy(RoleName=role, PolicyArn=arn)
        return {"id": f"{role}/{arn}"}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Look for the attachment."""
        role, _, arn = state["id"].partition("/")
        pages = (
            aws.client("iam").get_paginator("list_attached_role_policies").paginate(RoleName=role)
        )
        attached = (policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"])
        return {"role": role, "policy_arn": arn} if arn in attached else None

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Do nothing: every change is a replacement."""

    def delete(self, aws: AwsSession, state: State) -> None:
        """Detach the policy."""
        aws.client("iam").detach_role_policy(RoleName=state["role"], PolicyArn=state["policy_arn"])
