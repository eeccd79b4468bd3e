"""Tags of anything that has an ARN."""

from collections.abc import Iterable

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document, Table

KIND = "Tags"
MOST = 50


class Tags:
    """The operations on tags, and what the rest of the service tells them of what comes and goes.

    Source: AddTags, ListTags and DeleteTags in the SageMaker API reference.
    """

    def __init__(self, *, platform: Platform) -> None:
        self._platform = platform

    @operation
    def add_tags(self, request: Document) -> Document:
        """Add tags to a resource, or give those that it has new values.

        Raises:
            ServiceError: ValidationException, there is no such resource, or it would have more than 50.

        """
        arn = self._known(request["ResourceArn"])
        self.keep(arn, request["Tags"])
        return {"Tags": tags_of(platform=self._platform, arn=arn)}

    @operation
    def list_tags(self, request: Document) -> Document:
        """Return a resource's tags: all of them, for 50 fit a page.

        Raises:
            ServiceError: ValidationException, there is no such resource.

        """
        return {"Tags": tags_of(platform=self._platform, arn=self._known(request["ResourceArn"]))}

    @operation
    def delete_tags(self, request: Document) -> Document:
        """Take tags from a resource; keys that it does not have are no error.

        Raises:
            ServiceError: ValidationException, there is no such resource.

        """
        arn = self._known(request["ResourceArn"])
        with self._platform.store.lock:
            left = [tag for tag in tags_of(platform=self._platform, arn=arn) if tag["Key"] not in request["TagKeys"]]
            self.forget(arn)
            self.keep(arn, left)
        return {}

    def keep(self, arn: str, tags: Iterable[Document]) -> None:
        """Have a resource carry tags, beside those that it has.

        Raises:
            ServiceError: ValidationException, it would have more than 50.

        """
        with self._platform.store.lock:
            kept = {tag["Key"]: tag["Value"] for tag in tags_of(platform=self._platform, arn=arn)}
            kept |= {tag["Key"]: tag["Value"] for tag in tags}
            if len(kept) > MOST:
                raise invalid(f"A resource has at most {MOST} tags, got {len(kept)} for {arn}; delete some first")
            self.forget(arn)
            self._table.add(arn, {"Tags": kept})

    def forget(self, arn: str) -> None:
        """Drop all tags of a resource that is no more."""
        with self._platform.store.lock:
            if self._table.find(arn) is not None:
                self._table.remove(arn)

    def tagged(self) -> list[tuple[str, list[Document]]]:
        """Return the ARNs of all resources that have tags, each with them."""
        with self._platform.store.lock:
            known = self._arns()
            found = [(arn, tags_of(platform=self._platform, arn=arn)) for arn in self._table.names() if arn in known]
        return [(arn, tags) for arn, tags in found if tags]

    @property
    def _table(self) -> Table:
        return self._platform.store.table(KIND)

    def _known(self, arn: str) -> str:
        """Return an ARN that some resource has."""
        if arn not in self._arns():
            raise invalid(f"Resource does not exist: {arn}")
        return arn

    def _arns(self) -> set[object]:
        """Return the ARNs of all resources: a resource's own member ends in Arn and holds it."""
        store = self._platform.store
        documents = (document for kind in store.kinds() for document in store.table(kind).documents())
        return {value for document in documents for value in _own_arns(document)}


def tags_of(*, platform: Platform, arn: str) -> list[Document]:
    """Return the tags of a resource, by key."""
    found = platform.store.table(KIND).find(arn)
    tags = {} if found is None else found["Tags"]
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def _own_arns(document: Document) -> list[object]:
    return [
        value for key, value in document.items() if key.endswith("Arn") and str(value).startswith("arn:aws:sagemaker")
    ]
