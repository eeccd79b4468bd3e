"""A session from what is deployed: the captures, their columns, the tails of the baseline, and the choice."""

import base64
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from modelyard.drift.documents.files import STATISTICS
from modelyard.drift.documents.statistics import Statistics, read_statistics
from modelyard.drift.errors import DriftError
from modelyard.drift.reading.records import encoding_and_text
from modelyard.manifest import Model
from modelyard.operations.bucket import DataBucket
from modelyard.operations.data.augmented import attribute_name
from modelyard.operations.data.images import as_npy
from modelyard.operations.data.rows import body_of
from modelyard.operations.data.source_text import source_of
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.labelling.candidates import Candidate, Candidates, column_names, read_candidates
from modelyard.operations.labelling.certainty import probabilities_of
from modelyard.operations.labelling.choice import Choice, Chosen, Mix, choose, choose_held
from modelyard.operations.labelling.journal import Item, Session
from modelyard.operations.labelling.question import Question
from modelyard.operations.labelling.tails import Tails
from modelyard.operations.monitoring.captures import Captures
from modelyard.operations.monitoring.monitor import drift_of
from modelyard.operations.monitoring.results import Results, violations_of
from modelyard.operations.quality.upload import labelled_ids

LABEL = "label"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What somebody wants to label: how many records, of which mix or those that are held, captured since when."""

    count: int
    mix: Mix
    seed: int
    since: datetime
    held: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """A new session, and what to know of how it was chosen; none where there is nothing to label."""

    session: Session | None
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reference:
    """The baseline, empty where there is none, and the columns that the last check reported."""

    statistics: Statistics | None
    reported: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        return [] if self.statistics is None else [one.name for one in self.statistics.features]

    def tails(self, names: Sequence[str]) -> tuple[Tails | None, str | None]:
        """The tails of the reported columns, else of all, and the sentence that says which."""
        if self.statistics is None:
            return None, None
        reported = [name for name in self.reported if name in names]
        chosen = set(reported if reported else names)
        what = f"the columns that the last check reported ({', '.join(reported)})" if reported else "all columns"
        features = [one for one in self.statistics.features if one.name in chosen]
        return Tails.of(features), f"Drifted records are those in the tails of {what}"


def gather(deployment: Deployment, *, question: Question, wanted: Wanted) -> Gathered:
    """Choose among what an endpoint has captured.

    Raises:
        Failure: nothing is captured by design, or answers are to be reviewed that the API does not hold back.
    """
    model = deployment.model
    reference = _reference(deployment)
    names = column_names(model, baseline=reference.names)
    candidates = _candidates(deployment, names=names, wanted=wanted)
    if not candidates.records:
        return Gathered(session=None, notes=(candidates.sentence,))
    if wanted.held:
        choice, about_tails = choose_held(candidates.records, below=_held_below(model), count=wanted.count), None
    else:
        tails, about_tails = reference.tails(names)
        choice = choose(candidates.records, mix=wanted.mix, count=wanted.count, seed=wanted.seed, tails=tails)
    notes = (candidates.sentence, *choice.notes, *([about_tails] if about_tails is not None else []))
    if not choice.chosen:
        return Gathered(session=None, notes=notes)
    session = _session(deployment, choice=choice, wanted=wanted, question=question, first=reference.names[:1])
    return Gathered(session=session, notes=notes)


def _candidates(deployment: Deployment, *, names: Sequence[str], wanted: Wanted) -> Candidates:
    labelled = labelled_ids(deployment)
    bucket = DataBucket(aws=deployment.aws, name=deployment.bucket)
    captures = Captures(bucket=bucket, prefix=deployment.output("serving", "CapturePrefix"))
    lines = (line for _, line in captures.lines(captures.since(wanted.since)))
    return read_candidates(lines, names=names, probabilities=probabilities_of(deployment.model), labelled=labelled)


def _reference(deployment: Deployment) -> _Reference:
    if deployment.model.monitoring is None or deployment.find("monitoring") is None:
        return _Reference(statistics=None, reported=())
    results = Results(monitor=drift_of(deployment))
    with tempfile.TemporaryDirectory() as work:
        baseline = results.fetch_baseline(into=Path(work) / "baseline")
        runs = results.fetch(folders=results.folders()[-1:], into=Path(work) / "runs")
        reported = dict.fromkeys(violation.feature for run in runs for violation in violations_of(run))
        statistics = None if baseline is None else read_statistics(path=baseline / STATISTICS)
    return _Reference(statistics=statistics, reported=tuple(reported))


def _held_below(model: Model) -> float:
    review = model.api.review if model.api is not None else None
    if review is None:
        raise Failure(
            f"{model.name} holds no answers for review; say review = {{ below = 0.8 }} under [api] and deploy it, "
            "or leave out --held"
        )
    return review.below


def _session(
    deployment: Deployment, *, choice: Choice, wanted: Wanted, question: Question, first: Sequence[str]
) -> Session:
    model, data = deployment.model, deployment.model.data
    named = data.label_attribute if data is not None else None
    label = data.label if data is not None and data.label is not None else next(iter(first), LABEL)
    return Session(
        model=model.name,
        endpoint=deployment.endpoint,
        attribute=named if named is not None else attribute_name(label),
        began=f"{deployment.aws.now():%Y-%m-%dT%H:%M:%SZ}",
        seed=None if wanted.held else wanted.seed,
        classes=question.classes,
        items=tuple(_item(one, model=model) for one in choice.chosen),
    )


def _item(chosen: Chosen, *, model: Model) -> Item:
    record = chosen.record
    return Item(
        id=record.id,
        reason=chosen.reason,
        time=record.time,
        source=_source(record, model=model),
        cells=record.cells,
        answer=record.answer,
        certainty=None if record.certainty is None else record.certainty.greatest,
        picture=None if record.picture is None else base64.b64encode(as_npy(record.picture)).decode(),
    )


def _source(record: Candidate, *, model: Model) -> str:
    """The text that was sent, nothing for an image that is no row; pixels of CSV are one, and so is an array's row."""
    if not record.cells:
        return ""
    try:
        _, text = encoding_and_text(payload=record.request)
    except DriftError:
        text = body_of([*record.cells.values()], columns=(), form="csv")
    if model.data is None:
        return text.strip()
    return source_of(text.strip(), columns=model.data.features, form=model.data.format)
