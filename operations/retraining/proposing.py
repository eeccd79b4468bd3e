"""From the newest run that nobody started by hand to a verdict, and to a pull request where it is better."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from modelyard.manifest import Model
from modelyard.operations.bucket import DataBucket
from modelyard.operations.proposals.forge import Forge
from modelyard.operations.retraining.run import RetrainingRun
from modelyard.operations.retraining.sample import Sample

Outcome = Literal["better", "first", "not better", "unknown", "outdated"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a run is worth, and why; `url` is the pull request's that came of it."""

    run: str
    outcome: Outcome
    why: str
    url: str | None = None

    @property
    def is_proposed(self) -> bool:
        """Whether there is something to review."""
        return self.outcome in ("better", "first")


def verdict_on(*, model: Model, run: RetrainingRun, samples: list[Sample]) -> Verdict:
    """Judge a run by the first of its samples of which something can be said; the others inform whoever reviews."""
    if model.batch_model != run.promoted:
        why = "another model was promoted since the run was compared with the one before"
        return Verdict(run=run.name, outcome="outdated", why=why)
    if run.promoted is None:
        return Verdict(run=run.name, outcome="first", why="nothing was promoted before it")
    decisive = samples[0] if samples else None
    if decisive is None or decisive.difference is None:
        why = "there are no held-out rows" if decisive is None else decisive.sentence
        return Verdict(run=run.name, outcome="unknown", why=why)
    outcome: Outcome = "better" if decisive.difference.is_better else "not better"
    return Verdict(run=run.name, outcome=outcome, why=decisive.sentence)


def branch_of(*, model: Model, run: str) -> str:
    """Return the branch of a run's proposal: the same whenever it is asked for."""
    return f"retrain/{model.name}/{run}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Register:
    """What the data bucket knows of verdicts and of open proposals, which hold up further runs."""

    model: Model
    bucket: DataBucket

    def verdict(self, run: str) -> Verdict | None:
        """Return the verdict on a run that was given before, or None."""
        found = self.bucket.read_json(self.model.layout.retraining_verdict(run=run))
        return None if found is None else Verdict(**found)

    def decide(self, verdict: Verdict) -> None:
        """Note a verdict, and the proposal that came of it as open."""
        if verdict.url is not None:
            self.bucket.write(key=f"{self.model.layout.open_proposals}{verdict.run}", content=verdict.url.encode())
        key = self.model.layout.retraining_verdict(run=verdict.run)
        self.bucket.write(key=key, content=json.dumps(asdict(verdict)).encode())

    def close_decided(self, forge: Forge) -> Iterator[str]:
        """Forget the proposals that were merged or closed, and yield the addresses of those that are still open."""
        prefix = self.model.layout.open_proposals
        for stored in list(self.bucket.objects(prefix)):
            found = forge.find(branch_of(model=self.model, run=stored.key.removeprefix(prefix)))
            if found is not None and found.state == "open":
                yield found.url
            else:
                self.bucket.delete(stored.key)


def verdict_document(*, verdict: Verdict, run: RetrainingRun, samples: list[Sample]) -> dict[str, Any]:
    """Return everything that a verdict rests on, for a program."""
    return {
        **asdict(verdict),
        "reason": run.reason,
        "rows": run.counts,
        "samples": [asdict(one) for one in samples],
    }
