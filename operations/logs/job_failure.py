"""Why a job failed, as every command says it: SageMaker's reason, and what its script said last.

Not every container says in the job's reason what its script said: those of XGBoost and scikit-learn do not.
"""

from dataclasses import dataclass

from modelyard.operations.aws import Aws
from modelyard.operations.jobs import Kind, reason_of
from modelyard.operations.logs.streams import job_source, last_lines


@dataclass(frozen=True, kw_only=True, slots=True)
class JobFailure:
    """A job that failed: its label, SageMaker's reason, and the last lines of its log."""

    label: str
    reason: str
    log: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """What a person reads."""
        said = ["  the last lines of its log:", *(f"    {line}" for line in self.log)] if self.log else []
        return [f"{self.label} failed: {' '.join(self.reason.split())}", *said]


def failure_of(*, aws: Aws, kind: Kind, name: str, label: str, reason: str = "") -> JobFailure:
    """Return why a job failed; its description is asked where no `reason` is known."""
    return JobFailure(
        label=label,
        reason=reason if reason else reason_of(aws=aws, kind=kind, name=name),
        log=tuple(last_lines(aws=aws, source=job_source(kind=kind, name=name, label=label))),
    )
