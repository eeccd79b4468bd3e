"""The API of SageMaker: which part answers an operation, and what every operation goes through.

A request is checked against AWS's model of it and against the caller's policies, answered by the one part that has a
method marked as that operation, and its tags are kept. An operation that no part has, and a member of which nothing is
made, is refused by its name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from botocore import xform_name

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.operations import Operation, operations_of
from modelyard.rehearsal.sagemaker.permissions import Need, needs
from modelyard.rehearsal.sagemaker.request_members import refuse_undone
from modelyard.rehearsal.sagemaker.shapes import accepted, answered, operation_model, service_model
from modelyard.rehearsal.sagemaker.store import Document

Check = Callable[[Need], None]


# Source: the developer guide's pages of Ground Truth and Amazon A2I, "no longer open to new customers".
CLOSED_TO_NEW_CUSTOMERS: Mapping[str, str] = {
    "CreateLabelingJob": "closed Ground Truth to new customers",
    "CreateFlowDefinition": "closed Augmented AI to new customers",
}


class Tagging(Protocol):
    """Where tags are kept."""

    def keep(self, arn: str, tags: Iterable[Document]) -> None:
        """Keep the tags of a new resource."""

    def forget(self, arn: str) -> None:
        """Forget those of a resource that is gone."""


class Service:
    """All operations that the parts have. `before` is called with each request, and may refuse it.

    Raises:
        ValueError: a method is marked as an operation that the service does not have.

    """

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
        self._operations: dict[str, Operation] = {}
        known = {xform_name(name) for name in service_model(service).operation_names}
        for part in parts:
            for name, method in operations_of(part).items():
                if name not in known:
                    raise ValueError(
                        f"{type(part).__name__}.{name} must be named after an operation of {service}, and there is "
                        "none of that name; correct it or remove @operation"
                    )
                self._operations[name] = method
        self._tagging = tagging
        self._before = before
        self._account = account
        self._region = region

    def answer(self, *, operation: str, request: Document, check: Check) -> Document:
        """Carry out an operation for a caller; `check` raises where the caller may not.

        Raises:
            ServiceError: whatever AWS would answer instead.

        """
        model = operation_model(service=self._service, operation=operation)
        for need in self._needs(operation=operation, request=request):
            check(need)
        method = self._operations.get(xform_name(operation))
        if method is None:
            closed = CLOSED_TO_NEW_CUSTOMERS.get(operation)
            otherwise = "it would be carried out on AWS" if closed is None else f"AWS has {closed}"
            raise ServiceError(
                code="UnsupportedOperation",
                message=f"{operation} is not part of the rehearsal; {otherwise}",
                status=501,
            )
        read: Document = {}
        if model.input_shape is not None:
            read = accepted(request, shape=model.input_shape)
            refuse_undone(request, service=self._service, shape=model.input_shape)
        self._before(operation, read)
        answer = method(read)
        written = answered(answer, shape=model.output_shape)
        self._keep_tags(operation=operation, request=read, answer=written)
        return written

    def _needs(self, *, operation: str, request: Document) -> list[Need]:
        if self._service != "sagemaker":
            return [Need(action=f"{service_model(self._service).signing_name}:{operation}", resource="*")]
        return needs(operation=operation, request=request, account=self._account, region=self._region)

    def _keep_tags(self, *, operation: str, request: Document, answer: Mapping[str, Any]) -> None:
        if self._tagging is None or not operation.startswith("Create"):
            return
        for arn in (value for name, value in answer.items() if name.endswith("Arn")):
            # Its name may be that of a resource that had tags and is gone.
            self._tagging.forget(arn)
            self._tagging.keep(arn, request.get("Tags", ()))
