"""What proved true, put where the measurement looks for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from modelyard.operations.bucket import DataBucket
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.monitoring.captures import Captures
from modelyard.operations.quality.truths import Truth

NAME_LENGTH = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Where what was told lies, and whether it lay there before."""

    key: str
    records: int
    again: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Teller:
    """Tells of one endpoint's answers, in one object for all that is told at a time.

    An object is named by its content: the same, told again today or tomorrow, is found and not written twice.
    """

    bucket: DataBucket
    prefix: str

    def tell(self, truths: Sequence[Truth], *, now: datetime) -> Told:
        """Put it into the folder of the hour in which it is told."""
        body = "".join(f"{truth.record}\n" for truth in truths).encode()
        name = f"{hashlib.sha256(body).hexdigest()[:NAME_LENGTH]}.jsonl"
        before = self._before(name, now=now)
        if before is not None:
            return Told(key=before, records=len(truths), again=True)
        key = f"{self.prefix}/{now:%Y/%m/%d/%H}/{name}"
        self.bucket.write(key=key, content=body)
        return Told(key=key, records=len(truths), again=False)

    def _before(self, name: str, *, now: datetime) -> str | None:
        for day in (now, now - timedelta(days=1)):
            for stored in self.bucket.objects(f"{self.prefix}/{day:%Y/%m/%d}/"):
                if stored.key.endswith(f"/{name}"):
                    return stored.key
        return None


def teller_of(deployment: Deployment) -> Teller:
    """Who tells of a deployment's answers.

    Raises:
        Failure: its endpoint captures nothing, so that there is nothing to hold against what proved true.
    """
    serving = deployment.model.serving
    if serving is None or serving.capture is None:
        raise Failure(
            f"{deployment.model.name} captures no traffic, so nobody can say which answer a label is about; "
            "add capture to [serving] and deploy it"
        )
    prefix = f"{deployment.model.layout.ground_truth}/{deployment.endpoint}"
    return Teller(bucket=DataBucket(aws=deployment.aws, name=deployment.bucket), prefix=prefix)


def unknown_ids(truths: Iterable[Truth], *, captures: Captures) -> list[str]:
    """The ids that no captured request has: every capture is read."""
    known = {record.inference_id for record in captures.records(captures.files())}
    return [truth.id for truth in truths if truth.id not in known]
