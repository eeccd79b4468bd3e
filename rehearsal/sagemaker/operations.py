"""How a class says which of its methods answer operations of the API."""

from collections.abc import Callable
from typing import Any, TypeVar

from modelyard.rehearsal.sagemaker.store import Document

Operation = Callable[[Document], Document]
MARK = "answers_operation"
_Method = TypeVar("_Method", bound=Callable[[Any, Document], Document])


def operation(method: _Method) -> _Method:
    """Mark a method as the answer to the operation of its name, such as `create_model` for CreateModel.

    It takes the request and returns the response, both as AWS's model of the API has them. A method without this mark
    cannot be called from outside, whatever its name is.
    """
    setattr(method, MARK, True)
    return method


def operations_of(part: object) -> dict[str, Operation]:
    """Return the marked methods of an object by name, those of its base classes included."""
    return {
        name: getattr(part, name)
        for kind in type(part).__mro__
        for name, member in vars(kind).items()
        if getattr(member, MARK, False)
    }
