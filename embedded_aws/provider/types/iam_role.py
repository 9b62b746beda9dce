"""``aws_iam_role``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.attributes import changed, compact_json, given, tag_changes, tag_list
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ProviderError, ResourceType, State

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


def policy_text(document: Any) -> str:
    """Return a policy as text: botocore has decoded the answers of IAM already."""
    return document if isinstance(document, str) else compact_json(document)


@resource
class IamRole(ResourceType):
    """A role, with the policies that are written into it."""

    type_name = "aws_iam_role"
    replace = frozenset({"name", "name_prefix", "path"})
    defaults: ClassVar = {"force_detach_policies": False, "max_session_duration": 3600, "path": "/"}
    policies = frozenset({"assume_role_policy", "inline_policy.policy"})
    conflicts = (frozenset({"name", "name_prefix"}),)
    absent = frozenset({"NoSuchEntity"})

    def validate(self, config: State) -> list[ProviderError]:
        """Check the longest session that is allowed (AWS: 1 to 12 hours)."""
        seconds = config["max_session_duration"]
        if isinstance(seconds, int) and not 3600 <= seconds <= 43200:
            text = f"expected max_session_duration to be in the range (3600 - 43200), got {seconds}"
            return [ProviderError(text, "max_session_duration")]
        return []

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the role."""
        name = planned["name"] or aws.unique_name(planned["name_prefix"])
        answer = aws.client("iam").create_role(
            RoleName=name,
            **given(
                Path=planned["path"],
                AssumeRolePolicyDocument=planned["assume_role_policy"],
                Description=planned["description"],
                MaxSessionDuration=planned["max_session_duration"],
                PermissionsBoundary=planned["permissions_boundary"],
                Tags=tag_list(planned),
            ),
        )["Role"]
        return {"id": name, "name": name, "arn": answer["Arn"], "unique_id": answer["RoleId"]}

    def complete(self, aws: AwsSession, planned: State) -> None:
        """Write the inline policies and attach the managed ones that the role itself names."""
        self._inline(aws, planned["name"], [], planned["inline_policy"])
        self._managed(aws, planned["name"], [], planned["managed_policy_arns"] or [])

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the role, and its policies where the role itself names them."""
        iam, name = aws.client("iam"), state["id"]
        role = iam.get_role(RoleName=name)["Role"]
        answer = {
            "arn": role["Arn"],
            "assume_role_policy": policy_text(role["AssumeRolePolicyDocument"]),
            "create_date": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "description": role.get("Description", ""),
            "max_session_duration": role.get("MaxSessionDuration", 3600),
            "name": role["RoleName"],
            "path": role["Path"],
            "permissions_boundary": role.get("PermissionsBoundary", {}).get(
                "PermissionsBoundaryArn", ""
            ),
            "unique_id": role["RoleId"],
            "tags_all": {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])},
            "managed_policy_arns": sorted(_attached(iam, name)),
        }
        if state.get("inline_policy"):
            answer["inline_policy"] = [
                {"name": policy, "policy": _inline_policy(iam, name, policy)}
                for policy in _inline_names(iam, name)
            ]
        return answer

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Change everything but name and path."""
        iam, name = aws.client("iam"), prior["name"]
        if changed(prior, planned, "assume_role_policy"):
            iam.update_assume_role_policy(
                RoleName=name, PolicyDocument=planned["assume_role_policy"]
            )
        if changed(prior, planned, "description", "max_session_duration"):
            iam.update_role(
                RoleName=name,
                Description=planned["description"] or "",
                MaxSessionDuration=planned["max_session_duration"],
            )
        if changed(prior, planned, "permissions_boundary"):
            if planned["permissions_boundary"]:
                iam.put_role_permissions_boundary(
                    RoleName=name, PermissionsBoundary=planned["permissions_boundary"]
                )
            else:
                iam.delete_role_permissions_boundary(RoleName=name)
        self._inline(aws, name, prior["inline_policy"], planned["inline_policy"])
        if planned["managed_policy_arns"] is not None:
            before, after = prior["managed_policy_arns"] or [], planned["managed_policy_arns"]
            self._managed(aws, name, before, after)
        removed, added = tag_changes(prior, planned)
        if removed:
            iam.untag_role(RoleName=name, TagKeys=removed)
        if added:
            iam.tag_role(RoleName=name, Tags=[{"Key": k, "Value": v} for k, v in added.items()])

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the role with its inline policies; attached ones only when told to."""
        iam, name = aws.client("iam"), state["name"]
        for policy in _inline_names(iam, name) if self._owns_inline(state) else []:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        if state["force_detach_policies"] or state.get("managed_policy_arns"):
            # Asked now: an attachment that Terraform has just destroyed is in the state still.
            self._managed(aws, name, _attached(iam, name), [])
        iam.delete_role(RoleName=name)

    def _owns_inline(self, state: State) -> bool:
        return bool(state["inline_policy"]) or bool(state["force_detach_policies"])

    def _inline(self, aws: AwsSession, role: str, before: list[State], after: list[State]) -> None:
        iam = aws.client("iam")
        old = {item["name"]: item["policy"] for item in before}
        new = {item["name"]: item["policy"] for item in after if item["name"]}
        for name in old.keys() - new.keys():
            iam.delete_role_policy(RoleName=role, PolicyName=name)
        for name, policy in new.items():
            if old.get(name) != policy:
                iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=policy)

    def _managed(self, aws: AwsSession, role: str, before: list[str], after: list[str]) -> None:
        iam = aws.client("iam")
        for arn in set(before) - set(after):
            iam.detach_role_policy(RoleName=role, PolicyArn=arn)
        for arn in set(after) - set(before):
            iam.attach_role_policy(RoleName=role, PolicyArn=arn)


def _attached(iam: Any, role: str) -> list[str]:
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
    return [policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]]


def _inline_names(iam: Any, role: str) -> list[str]:
    pages = iam.get_paginator("list_role_policies").paginate(RoleName=role)
    return [name for page in pages for name in page["PolicyNames"]]


def _inline_policy(iam: Any, role: str, name: str) -> str:
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    return policy_text(document if not isinstance(document, str) else json.loads(document))
