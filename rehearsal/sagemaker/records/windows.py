"""The windows of time of the List operations that write theirs as CreatedAfter and CreatedBefore."""

from collections.abc import Iterable

from modelyard.rehearsal.sagemaker.store import Document


def created_within(request: Document, documents: Iterable[Document]) -> list[Document]:
    """Return the documents that were made between CreatedAfter and CreatedBefore, where these are given."""
    after, before = request.get("CreatedAfter"), request.get("CreatedBefore")
    return [
        document
        for document in documents
        if (after is None or document["CreationTime"] >= after)
        and (before is None or document["CreationTime"] <= before)
    ]
