"""The API of SageMaker: which part answers an operation, and what every operation goes through.

A request is held against AWS's description of it and against the caller's policies, answered by the one part
that has a method of the operation's name, and its tags are kept. What no part does is refused by its name.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from botocore import xform_name

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.permissions import Need, needs
from modelyard.rehearsal.sagemaker.shapes import accepted, answered, operation_model, service_model
from modelyard.rehearsal.sagemaker.store import Document

_logger = logging.getLogger(__name__)
Operation = Callable[[Document], Document]
Check = Callable[[Need], None]


class Tagging(Protocol):
    """Where tags are kept."""

    def keep(self, arn: str, tags: Iterable[Document]) -> None:
        """Keep the tags of a new resource."""

    def forget(self, arn: str) -> None:
        """Forget those of a resource that is gone."""


class Service:
    """All operations that the parts have, behind one door. `before` may refuse what they have in common."""

    def __init__(
        self,
        *,
        service: str,
        parts: Sequence[object],
        account: str,
        region: str,
        tagging: Tagging | None = None,
        before: Callable[[str, Document], None] = lambda _operation, _request: None,
    ) -> None:
        self._service = service
        self._operations = {name: part for part in parts for name in _operations(part)}
        self._tagging = tagging
        self._before = before
        self._account = account
        self._region = region

    @property
    def operations(self) -> frozenset[str]:
        """The operations that are done here, as boto3 names them."""
        return frozenset(self._operations)

    def answer(self, *, operation: str, request: Document, check: Check) -> Document:
        """Carry out an operation for a caller; `check` raises where the caller may not.

        Raises:
            ServiceError: whatever AWS would answer instead.

        """
        model = operation_model(service=self._service, operation=operation)
        for need in self._needs(operation=operation, request=request):
            check(need)
        read = accepted(request, shape=model.input_shape) if model.input_shape is not None else {}
        self._before(operation, read)
        answer = self._operation(operation)(read)
        written = answered(answer, shape=model.output_shape)
        self._keep_tags(operation=operation, request=read, answer=written)
        return written

    def _needs(self, *, operation: str, request: Document) -> list[Need]:
        if self._service != "sagemaker":
            return [Need(action=f"{service_model(self._service).signing_name}:{operation}", resource="*")]
        return needs(operation=operation, request=request, account=self._account, region=self._region)

    def _operation(self, operation: str) -> Operation:
        name = xform_name(operation)
        part = self._operations.get(name)
        if part is None:
            raise ServiceError(
                code="UnsupportedOperation",
                message=f"{operation} is not part of the rehearsal; it would be carried out on AWS",
                status=501,
            )
        found: Operation = getattr(part, name)
        return found

    def _keep_tags(self, *, operation: str, request: Document, answer: Mapping[str, Any]) -> None:
        if self._tagging is None or not operation.startswith("Create"):
            return
        for arn in (value for name, value in answer.items() if name.endswith("Arn")):
            # Its name may be that of a resource that had tags and is gone.
            self._tagging.forget(arn)
            self._tagging.keep(arn, request.get("Tags", ()))


def _operations(part: object) -> list[str]:
    return [name for name in dir(part) if not name.startswith("_") and callable(getattr(part, name))]
