"""What is scaled: the number of instances of a variant, within bounds."""

from dataclasses import dataclass

from modelyard.rehearsal.sagemaker.errors import ServiceError, invalid
from modelyard.rehearsal.sagemaker.store import Document

NAMESPACE, DIMENSION = "sagemaker", "sagemaker:variant:DesiredInstanceCount"


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """A variant of an endpoint, as Application Auto Scaling names it.

    Raises:
        ServiceError: ValidationException, the resource is not a variant's.

    """

    endpoint: str
    variant: str

    @classmethod
    def read(cls, request: Document) -> "Resource":
        """Read the three members by which every request names what it is about."""
        parts = request["ResourceId"].split("/")
        named = request["ServiceNamespace"] == NAMESPACE and request.get("ScalableDimension", DIMENSION) == DIMENSION
        if not named or len(parts) != 4 or (parts[0], parts[2]) != ("endpoint", "variant"):
            raise invalid("Unsupported service namespace, resource type or scalable dimension")
        return cls(endpoint=parts[1], variant=parts[3])

    @property
    def id(self) -> str:
        """Its ResourceId."""
        return f"endpoint/{self.endpoint}/variant/{self.variant}"

    def members(self) -> Document:
        """Return the three members that every answer about it has."""
        return {"ServiceNamespace": NAMESPACE, "ResourceId": self.id, "ScalableDimension": DIMENSION}

    def missing(self, what: str) -> ServiceError:
        """Return the answer where a target or policy of it is not there."""
        message = (
            f"No {what} found for service namespace: {NAMESPACE}, resource ID: {self.id}, "
            f"scalable dimension: {DIMENSION}"
        )
        return ServiceError(code="ObjectNotFoundException", message=message)


def check_bounds(*, low: int, high: int) -> None:
    """Refuse bounds the wrong way round.

    Raises:
        ServiceError: ValidationException.

    """
    if low > high:
        raise invalid(f"Maximum capacity cannot be less than minimum capacity, got {high} and {low}")
