"""SageMaker's jobs of every kind, as its lists and descriptions show them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from modelyard.operations.aws import Aws

Kind = Literal["Training", "Processing", "Transform"]

KINDS: tuple[Kind, ...] = ("Training", "Processing", "Transform")
ENDED = frozenset({"Completed", "Failed", "Stopped"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One job; `label` is what a person calls it, such as the name of its trial."""

    kind: Kind
    name: str
    label: str
    status: str
    created: datetime
    ended: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether it has ended, one way or the other."""
        return self.status in ENDED


def jobs_named(*, aws: Aws, kind: Kind, contains: str, since: datetime | None = None) -> Iterator[Job]:
    """Yield the jobs of a kind whose names contain a text, newest first."""
    after = {} if since is None else {"CreationTimeAfter": since}
    pages = aws.client("sagemaker").get_paginator(f"list_{kind.lower()}_jobs")
    for page in pages.paginate(NameContains=contains, SortBy="CreationTime", SortOrder="Descending", **after):
        for listed in page[f"{kind}JobSummaries"]:
            yield _job(kind=kind, shown=listed)


def job_now(*, aws: Aws, job: Job) -> Job:
    """Return a job as it is now."""
    return replace(_job(kind=job.kind, shown=_described(aws=aws, kind=job.kind, name=job.name)), label=job.label)


def reason_of(*, aws: Aws, kind: Kind, name: str) -> str:
    """Return why a job failed; empty for one that did not."""
    return reason_in(_described(aws=aws, kind=kind, name=name))


def reason_in(described: dict[str, Any]) -> str:
    """Return why a job failed, from its description; empty when that does not say.

    What a processing job wrote as its exit message says more than SageMaker's reason, which only says to look there.
    """
    return str(described.get("ExitMessage") or described.get("FailureReason", ""))


def _described(*, aws: Aws, kind: Kind, name: str) -> dict[str, Any]:
    describe = getattr(aws.client("sagemaker"), f"describe_{kind.lower()}_job")
    return dict(describe(**{f"{kind}JobName": name}))


def _job(*, kind: Kind, shown: dict[str, Any]) -> Job:
    """A job as a list or its description shows it."""
    return Job(
        kind=kind,
        name=shown[f"{kind}JobName"],
        label=shown[f"{kind}JobName"],
        status=shown[f"{kind}JobStatus"],
        created=shown["CreationTime"],
        ended=shown.get(f"{kind}EndTime"),
    )
