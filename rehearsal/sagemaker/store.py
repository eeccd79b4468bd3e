"""What the service knows: a table a kind of resource, a document a resource, in the shape of its Describe answer."""

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from modelyard.rehearsal.sagemaker.errors import in_use, invalid

Document = dict[str, Any]


class Table:
    """The documents of one kind, by name, in the order in which they were made.

    A name is found in any case, and kept as it was given: an ARN has it in lower case, and CloudFormation finds
    what it made by the ARN. Source: CreateEndpoint and CreateExperiment in the SageMaker API reference.
    """

    def __init__(self, *, kind: str, lock: threading.RLock) -> None:
        self._kind = kind
        self._lock = lock
        self._documents: dict[str, tuple[str, Document]] = {}

    def add(self, name: str, document: Document) -> None:
        """Add one.

        Raises:
            ServiceError: ResourceInUse, the name is taken.

        """
        with self._lock:
            if name.lower() in self._documents:
                raise in_use(f"{self._kind} with name {name} already exists; choose another name")
            self._documents[name.lower()] = (name, document)

    def get(self, name: str) -> Document:
        """Return one.

        Raises:
            ServiceError: ValidationException, there is none of that name.

        """
        found = self.find(name)
        if found is None:
            raise invalid(f'Could not find {self._kind} "{name}".')
        return found

    def find(self, name: str) -> Document | None:
        """Return one, or None."""
        found = self._documents.get(name.lower())
        return None if found is None else found[1]

    def remove(self, name: str) -> Document:
        """Take one out and return it; raises as `get` does."""
        with self._lock:
            found = self.get(name)
            del self._documents[name.lower()]
        return found

    def names(self) -> list[str]:
        """Return the names, the oldest first."""
        with self._lock:
            return [name for name, _ in self._documents.values()]

    def documents(self) -> list[Document]:
        """Return the documents, the oldest first."""
        with self._lock:
            return [document for _, document in self._documents.values()]


class Store:
    """All tables. `lock` is for who reads and writes in one step."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._tables: dict[str, Table] = {}

    def table(self, kind: str) -> Table:
        """Return the table of a kind, such as `TrainingJob`."""
        with self.lock:
            return self._tables.setdefault(kind, Table(kind=kind, lock=self.lock))

    def saved(self) -> dict[str, list[tuple[str, Document]]]:
        """Return all documents with their names, by kind."""
        with self.lock:
            return {
                kind: list(zip(table.names(), table.documents(), strict=True)) for kind, table in self._tables.items()
            }

    def restore(self, saved: Mapping[str, Iterable[tuple[str, Document]]]) -> None:
        """Add documents that were saved."""
        for kind, documents in saved.items():
            for name, document in documents:
                self.table(kind).add(name, document)

    def kinds(self) -> list[str]:
        """Return the kinds of which there is or was a resource."""
        with self.lock:
            return list(self._tables)
