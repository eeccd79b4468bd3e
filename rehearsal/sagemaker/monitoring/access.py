"""Whether Model Monitor is open to the account."""

from modelyard.rehearsal.sagemaker.errors import ServiceError


class ModelMonitorAccess:
    """Open until it is closed: AWS's is "closed to new customers effective 7/30/26", and an old account has it.

    Source: the notes on the pages of Model Monitor in the SageMaker developer guide. In which words, and with which
    code, AWS refuses a new account is not known.
    """

    def __init__(self) -> None:
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether the account is one that never used it."""
        return self._is_closed

    def close(self) -> None:
        """Have the account be one that never used it."""
        self._is_closed = True

    def require(self) -> None:
        """Refuse to make a schedule or a definition where it is closed.

        Raises:
            ServiceError: AccessDeniedException.

        """
        if self._is_closed:
            raise ServiceError(
                code="AccessDeniedException",
                message="Amazon SageMaker Model Monitor is closed to new customers; this account has not used it",
            )
