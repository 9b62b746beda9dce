"""What all settings of a bucket have in common: one document, put, read and deleted as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from embedded_aws.provider.resource_type import ResourceType, State

if TYPE_CHECKING:
    from embedded_aws.provider.session import AwsSession


class BucketSetting(ResourceType):
    """One setting of a bucket; its id is the bucket's name."""

    replace = frozenset({"bucket", "expected_bucket_owner"})
    put_call: ClassVar[str] = ""
    get_call: ClassVar[str] = ""
    delete_call: ClassVar[str] = ""

    def document(self, planned: State) -> dict[str, Any]:
        """Return the arguments of the put call, beside the bucket."""
        raise NotImplementedError

    def attributes(self, answer: dict[str, Any], state: State) -> State | None:
        """Return the attributes of an answer; ``None`` when the setting does not exist."""
        raise NotImplementedError

    def create(self, aws: AwsSession, planned: State) -> State:
        """Put the setting."""
        self._put(aws, planned)
        return {"id": planned["bucket"]}

    def read(self, aws: AwsSession, state: State) -> State | None:
        """Get the setting."""
        answer = getattr(aws.client("s3"), self.get_call)(Bucket=state["id"])
        found = self.attributes(answer, state)
        return None if found is None else {"bucket": state["id"], **found}

    def update(self, aws: AwsSession, prior: State, planned: State) -> None:
        """Put the setting again."""
        del prior
        self._put(aws, planned)

    def delete(self, aws: AwsSession, state: State) -> None:
        """Delete the setting."""
        getattr(aws.client("s3"), self.delete_call)(Bucket=state["id"])

    def _put(self, aws: AwsSession, planned: State) -> None:
        # A setting is often applied while the bucket's other settings still are.
        aws.retrying(
            lambda: getattr(aws.client("s3"), self.put_call)(
                Bucket=planned["bucket"], **self.document(planned)
            ),
            {"OperationAborted": "", "NoSuchBucket": ""},
            attempts=4,
        )
