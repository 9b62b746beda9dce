"""The Terraform provider of the embedded AWS: speaks the protocol, creates through boto3."""

from embedded_aws.provider.protocol_server import ProviderServer, serve

__all__ = ["ProviderServer", "serve"]
