"""What a resource type has of AWS: clients for its region, the account, the folder of Terraform."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from botocore.exceptions import ClientError

from embedded_aws.provider.resource_type import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from embedded_aws.provider.clients import Clients

T = TypeVar("T")


@dataclass(frozen=True)
class AwsSession:
    """One provider configuration, in the region of one resource.

    Parameters
    ----------
    clients
        Source of boto3 clients for the endpoint.
    region
        Region of the resource: its own ``region`` attribute, else the provider's.
    account_id
        Account id of the credentials.
    default_tags
        Tags of the provider block, which the engine has already put into ``tags_all``.
    folder
        Folder that Terraform runs in: relative paths in a configuration are relative to it.
    ignored_tags, ignored_tag_prefixes
        Tags that someone else keeps on the resources: Terraform does not see them.
    """

    clients: Clients
    region: str
    account_id: str
    default_tags: Mapping[str, str] = field(default_factory=dict)
    folder: Path = field(default_factory=Path.cwd)
    ignored_tags: tuple[str, ...] = ()
    ignored_tag_prefixes: tuple[str, ...] = ()

    partition: ClassVar[str] = "aws"

    def client(self, service: str, region: str | None = None) -> Any:
        """Return the boto3 client of a service in the resource's region, or in ``region``."""
        return self.clients.client(service, region or self.region)

    def in_region(self, region: str) -> AwsSession:
        """Return this session for another region."""
        return self if region == self.region else replace(self, region=region)

    def resolve_path(self, path: str) -> Path:
        """Return a configured path, which is relative to the folder that Terraform runs in.

        Raises
        ------
        ProviderError
            When there is no such file.
        """
        resolved = self.folder / Path(path).expanduser()
        if not resolved.is_file():
            raise ProviderError(f"There is no file {path!r} in {self.folder}.")
        return resolved

    def unique_name(self, prefix: str | None = None) -> str:
        """Return a name as Terraform makes them for ``name_prefix``."""
        return f"{prefix or 'terraform-'}{uuid.uuid4().hex[:26]}"

    def retrying(
        self,
        call: Callable[[], T],
        codes: Mapping[str, str],
        attempts: int = 20,
        wait: float = 0.25,
    ) -> T:
        """Call AWS again while it has not yet seen what was made a moment ago.

        Parameters
        ----------
        call
            The call to make.
        codes
            Error code -> part of the message (empty: any) after which to try again, such as
            ``{"InvalidParameterValueException": "cannot be assumed"}``.
        attempts
            How often to call at most.
        wait
            Seconds between two calls.
        """
        for attempt in range(1, attempts + 1):
            try:
                return call()
            except ClientError as error:
                wanted = codes.get(error.response["Error"].get("Code", ""))
                passing = wanted is not None and wanted in str(error)
                if not passing or attempt == attempts:
                    raise
                time.sleep(wait)
        raise AssertionError("attempts must be at least 1")
