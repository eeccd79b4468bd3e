"""A retrained model beside the promoted one, as a page."""

from modelyard.drift.quality.pair_reader import PairReader
from modelyard.drift.quality.statistics import QualityStatistics, quality_statistics
from modelyard.drift.reporting.comparison_page import ComparedSample, as_comparison_page
from modelyard.drift.reporting.summary import Status
from modelyard.manifest import Model
from modelyard.operations.quality.task import declared_task
from modelyard.operations.retraining.change import counts_sentence
from modelyard.operations.retraining.compared import HeldOut, column_of
from modelyard.operations.retraining.proposing import Outcome, Verdict
from modelyard.operations.retraining.run import RetrainingRun
from modelyard.operations.retraining.sample import Sample

HEADLINES: dict[Outcome, tuple[str, Status]] = {
    "better": ("The retrained model is better", "ok"),
    "first": ("Nothing was promoted before the retrained model", "ok"),
    "not better": ("The retrained model is not better", "violations"),
    "unknown": ("Which model is better is not known", "no data"),
    "outdated": ("Another model was promoted since they were compared", "no data"),
}
INDEPENDENT = "The interval takes the rows as independent of each other; the first sample decides."


def comparison_page(
    *, model: Model, run: RetrainingRun, verdict: Verdict, samples: list[Sample], rows: list[HeldOut]
) -> str:
    """Return the page of a verdict: the two models on the same held-out rows.

    Raises:
        Failure: an answer has no such column.
    """
    held_out = {one.name: one for one in rows}
    notes, compared = [f"Trained anew because of: {run.reason}.", counts_sentence(run)], []
    for sample in samples:
        one = held_out[sample.name]
        sides = {}
        for side, answers in (("candidate", one.candidate), ("promoted model", one.promoted)):
            sides[side], lost = _statistics(one, answers)
            left_out = f"Of {sample.name}, {{}} are left out of the metrics of the {side}: {{}}."
            notes += [left_out.format(count, cause) for cause, count in lost.items()]
        compared.append(
            ComparedSample(
                title=sample.name[:1].upper() + sample.name[1:],
                sentence=sample.result,
                candidate=sides["candidate"],
                promoted=sides["promoted model"],
            )
        )
    headline, status = HEADLINES[verdict.outcome]
    return as_comparison_page(
        verdict=headline,
        status=status,
        about=f"{model.name}, run {run.name}",
        notes=[note for note in (*notes, INDEPENDENT) if note],
        samples=compared,
    )


def _statistics(rows: HeldOut, answers: list[list[str]]) -> tuple[QualityStatistics, dict[str, int]]:
    """The metrics of a model's answers, and how many could not be read, by the cause."""
    task = declared_task(rows.quality)
    reader = PairReader(task=task)
    inferred = [None] * len(answers) if task.inference is None else column_of(answers, task.inference)
    scores = [None] * len(answers) if task.probability is None else column_of(answers, task.probability)
    for values in zip(rows.labels, inferred, scores, strict=True):
        reader.add_row(values=values)
    pairs, reading = reader.finish()
    return quality_statistics(problem=task.problem, pairs=pairs), dict(reading.unreadable)
