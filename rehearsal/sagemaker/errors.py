"""What SageMaker answers to a request that it does not carry out."""


class ServiceError(Exception):
    """An error of the API, with its code and message as a client of AWS reads them.

    Source: "Common Error Types" in the SageMaker API reference.
    """

    def __init__(self, *, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def invalid(message: str) -> ServiceError:
    """Return the answer to a request whose values cannot be used."""
    return ServiceError(code="ValidationException", message=message)


def not_found(message: str) -> ServiceError:
    """Return the answer where a resource is not there; most operations say ValidationException instead."""
    return ServiceError(code="ResourceNotFound", message=message)


def in_use(message: str) -> ServiceError:
    """Return the answer where a name is taken, or a resource still needed."""
    return ServiceError(code="ResourceInUse", message=message)


def denied(message: str) -> ServiceError:
    """Return the answer to a caller whose policies do not allow what it asks for."""
    return ServiceError(code="AccessDeniedException", message=message)
