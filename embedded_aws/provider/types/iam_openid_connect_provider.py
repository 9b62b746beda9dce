"""``aws_iam_openid_connect_provider``: who may assume roles with tokens of another system."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from embedded_aws.provider.attributes import changed, given, tag_changes, tag_list
from embedded_aws.provider.registry import resource
from embedded_aws.provider.resource_type import ResourceType, State

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


@resource
class IamOpenidConnectProvider(ResourceType):
    """An OpenID Connect provider of the account; its id is its ARN."""

    type_name = "aws_iam_openid_connect_provider"
    replace = frozenset({"url"})
    recomputed: ClassVar = {}
    absent = frozenset({"NoSuchEntity"})

    def create(self, aws: AwsSession, planned: State) -> State:
        """Create the provider."""
        url = str(planned["url"])
        arn = aws.client("iam").create_open_id_connect_provider(
            Url=url if url.startswith("https://") else f"https://{url}",
            **given(
                ClientIDList=planned["client_id_list"],
                ThumbprintList=planned["thumbprint_list"],
                Tags=tag_list(planned),
            ),
        )["OpenIDConnectProviderArn"]
        return {"id": arn, "arn": arn}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Read the provider; AWS leaves the scheme out of its URL."""
        arn = state["id"]
        found = aws.client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        url = str(found["Url"]).removeprefix("https://")
        same = str(state.get("url") or "").removeprefix("https://") == url
        return {
            "arn": arn,
            "url": state["url"] if same else f"https://{url}",
            "client_id_list": found["ClientIDList"],
            "thumbprint_list": found["ThumbprintList"],
            "tags_all": {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])},
        }

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Change clients, thumbprints and tags."""
        iam, arn = aws.client("iam"), prior["arn"]
        if changed(prior, planned, "client_id_list"):
            # moto has no AddClientIDToOpenIDConnectProvider. The ARN follows from the URL, so a
            # provider that is made again is the same to everybody who refers to it.
            self.delete(aws, prior)
            self.create(aws, planned)
            return
        if changed(prior, planned, "thumbprint_list") and planned["thumbprint_list"]:
            iam.update_open_id_connect_provider_thumbprint(
                OpenIDConnectProviderArn=arn, ThumbprintList=planned["thumbprint_list"]
            )
        removed, added = tag_changes(prior, planned)
        if removed:
            iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=removed)
        if added:
            iam.tag_open_id_connect_provider(
                OpenIDConnectProviderArn=arn,
                Tags=[{"Key": key, "Value": value} for key, value in added.items()],
            )

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the provider."""
        aws.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=state["arn"])
