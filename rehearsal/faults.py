"""Rules of what is to go wrong at the local AWS, for tests and for whoever rehearses a failure."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

# The HTTP status of the errors that AWS's services share; any other code is answered with 400.
# Source: "Error responses" in the S3 API reference, "Common Error Types" in the other services' references.
STATUSES: Mapping[str, int] = {
    "SlowDown": 503,
    "ServiceUnavailable": 503,
    "ServiceUnavailableException": 503,
    "InternalError": 500,
    "InternalFailure": 500,
    "InternalServerError": 500,
    "AccessDenied": 403,
    "ExpiredToken": 400,
    "ThrottlingException": 400,
    "Throttling": 400,
}
CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,99}")
# Bounds that no rehearsal needs more than: an hour, and a year.
LONGEST_DELAY = 3600
LONGEST_SECONDS = 366 * 24 * 3600
MOST_TIMES = 1_000_000_000
OPTIONAL = type(None)
TYPES: Mapping[str, tuple[type, ...]] = {
    "service": (str,),
    "operation": (str, OPTIONAL),
    "caller": (str,),
    "contains": (str,),
    "error": (str, OPTIONAL),
    "drop": (bool,),
    "delay": (float, int),
    "times": (int, OPTIONAL),
    "seconds": (float, int, OPTIONAL),
}
WORDS: Mapping[type, str] = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}


class FaultError(ValueError):
    """A rule that cannot be; the sentence says what to write instead."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Which calls go wrong, how, and how often.

    A rule matches a call if it is of the `service` (as IAM names it, such as `s3`), of the `operation` where one is
    named, by a caller whose ARN has `caller` in it (`root` is the account itself, `cloudformation` a stack's own call),
    and if its path or body has `contains` in it. The call is kept waiting for `delay` seconds, then answered with
    `error`, or its connection is dropped, or it is carried out. The rule ends after `times` calls, and `seconds` on the
    local AWS's clock after it was set, whichever comes first; by itself it does not.

    Raises:
        FaultError: nothing is to go wrong, two things are, or a value is of another type or out of its bounds.

    """

    service: str
    operation: str | None = None
    caller: str = ""
    contains: str = ""
    error: str | None = None
    drop: bool = False
    delay: float = 0.0
    times: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        # A rule may come from a document in JSON.
        for name, kinds in TYPES.items():
            value = getattr(self, name)
            if type(value) not in kinds:
                allowed = " or ".join(WORDS.get(kind, "left out") for kind in kinds)
                raise FaultError(f"{name} must be {allowed}, got {type(value).__name__}; correct it")
        if not self.service:
            raise FaultError("service must name one, such as s3 or sagemaker, got nothing; name whose calls go wrong")
        if self.error is not None and self.drop:
            raise FaultError(f"a call must be answered with {self.error} or dropped, got both; choose one")
        if self.error is None and not self.drop and self.delay == 0:
            raise FaultError("error, drop or delay must be given, got none; say what is to go wrong")
        if not 0 <= self.delay <= LONGEST_DELAY:
            raise FaultError(f"delay must be 0 s or more and at most {LONGEST_DELAY}, got {self.delay:g}; give another")
        for name, value, most in (("times", self.times, MOST_TIMES), ("seconds", self.seconds, LONGEST_SECONDS)):
            if value is not None and not 0 < value <= most:
                bounds = f"{name} must be above 0 and at most {most}, got {value:g}"
                raise FaultError(f"{bounds}; leave it out for a rule without that end")
        if self.error is not None and not CODE.fullmatch(self.error):
            raise FaultError(f"error must be a code such as SlowDown, got {self.error[:80]!r}; give one")

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Return the rule that a document holds, as `document` wrote it.

        Raises:
            FaultError: as above, or the document has other members than a rule, or one of another type.

        """
        unknown = sorted(set(document) - set(cls.__dataclass_fields__))
        if unknown or "service" not in document:
            known = ", ".join(cls.__dataclass_fields__)
            raise FaultError(f"a fault must have service and any of {known}, got {', '.join(document)}; correct it")
        return cls(**document)

    @property
    def document(self) -> dict[str, Any]:
        """The rule as JSON has it."""
        return asdict(self)

    @property
    def status(self) -> int:
        """The HTTP status of the error."""
        return STATUSES.get(self.error or "", 400)

    @property
    def message(self) -> str:
        """The message of the error."""
        throttled = self.error in ("ThrottlingException", "Throttling")
        return "Rate exceeded" if throttled else f"{self.error}: as this rehearsal was told to answer"

    def matches(self, *, action: str, caller: str, text: str) -> bool:
        """Whether a call is meant: its action as IAM names it, who calls, and its path and body as one text."""
        service, _, operation = action.partition(":")
        return (
            service == self.service
            and self.operation in (None, operation)
            and self.caller in caller
            and self.contains in text
        )
