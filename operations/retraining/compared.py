"""What both models answered to the held-out rows, read from the data bucket and compared."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelyard.drift.documents.files import CAPTURES_FILE, DATASET_FILE
from modelyard.manifest import Model
from modelyard.manifest.quality import BINARY, REGRESSION, Quality
from modelyard.operations.bucket import DataBucket
from modelyard.operations.failures import Failure
from modelyard.operations.retraining.paired import Doubles, difference_of_auc, difference_of_means
from modelyard.operations.retraining.run import RetrainingRun
from modelyard.operations.retraining.sample import Difference, Sample

CANDIDATE, PROMOTED = "candidate", "promoted"
# What is compared, in words, by the file of its rows: what the endpoint is asked now decides where there is enough.
SAMPLES = {CAPTURES_FILE: "captured rows that were held out", DATASET_FILE: "the held-out dataset"}


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldOut:
    """Held-out rows: what proved true of each, and the columns that each model answered."""

    name: str
    quality: Quality
    labels: list[str]
    candidate: list[list[str]]
    promoted: list[list[str]]


def held_out_rows(*, model: Model, run: RetrainingRun, bucket: DataBucket) -> list[HeldOut]:
    """Return the rows that both models answered, by sample; none without a promoted model.

    Raises:
        Failure: an answer cannot be read, or one is missing.
    """
    quality = model.monitoring.quality if model.monitoring is not None else None
    if run.promoted is None or quality is None:
        return []
    found = []
    for file, name in SAMPLES.items():
        labels = _rows(bucket, f"{model.layout.retraining(run=run.name)}/labels/{file}")
        if labels is None:
            continue
        candidate, promoted = (
            _answers(bucket, f"{model.layout.retraining(run=run.name)}/scored/{who}/{file}.out", rows=len(labels))
            for who in (CANDIDATE, PROMOTED)
        )
        label = [row[0] for row in labels]
        found.append(HeldOut(name=name, quality=quality, labels=label, candidate=candidate, promoted=promoted))
    return found


def compare(rows: Sequence[HeldOut]) -> list[Sample]:
    """Return how the two models differ on each sample, the one that decides first.

    Raises:
        Failure: an answer has no such column, or a number is none.
    """
    samples = []
    for one in rows:
        try:
            difference = difference_of(labels=one.labels, answers=[one.candidate, one.promoted], quality=one.quality)
        except ValueError as error:
            samples.append(Sample(name=one.name, difference=None, obstacle=str(error)))
        else:
            samples.append(Sample(name=one.name, difference=difference))
    # A sample of which nothing can be said decides nothing.
    return sorted(samples, key=lambda one: one.difference is None)


def difference_of(*, labels: list[str], answers: list[list[list[str]]], quality: Quality) -> Difference:
    """Compare the answers of two models by what their problem is measured by: AUC, accuracy, or absolute error.

    Raises:
        ValueError: there are too few rows, or a number is not finite, of which nothing can be said.
        Failure: an answer has no such column, or a number is none.
    """
    if quality.problem_type == REGRESSION:
        truth = _numbers(labels)
        ours, theirs = (np.abs(_numbers(column_of(rows, quality.inference)) - truth) for rows in answers)
        return difference_of_means(metric="mae", candidate=ours, promoted=theirs, less_is_better=True)
    if quality.problem_type == BINARY and quality.probability is not None:
        positive = np.array([_is_positive(label, quality=quality) for label in labels], dtype=np.bool_)
        ours, theirs = (_numbers(column_of(rows, quality.probability)) for rows in answers)
        return difference_of_auc(positive=positive, candidate=ours, promoted=theirs)
    ours, theirs = (
        np.array([_same(*pair) for pair in zip(column_of(rows, quality.inference), labels, strict=True)], dtype=float)
        for rows in answers
    )
    return difference_of_means(metric="accuracy", candidate=ours, promoted=theirs, less_is_better=False)


def _is_positive(label: str, *, quality: Quality) -> bool:
    return _same(label, "1" if quality.positive_label is None else quality.positive_label)


def _same(one: str, other: str) -> bool:
    """Whether two labels are the same, as numbers where both are: containers write 1 as 1.0."""
    try:
        return float(one) == float(other)
    except ValueError:
        return one.strip() == other.strip()


def column_of(rows: list[list[str]], place: str | None) -> list[str]:
    """Return the column of answers at a place, the first without one.

    Raises:
        Failure: an answer has no such column.
    """
    number = int(place) if place is not None else 0
    short = next((row for row in rows if len(row) <= number), None)
    if short is not None:
        raise Failure(
            f"monitoring.quality must name a column of the answer, got {number}, and the model answered "
            f"{','.join(short)[:60]}; correct inference or probability"
        )
    return [row[number] for row in rows]


def _numbers(texts: list[str]) -> Doubles:
    try:
        numbers = np.array([float(text) for text in texts], dtype=np.float64)
    except ValueError as error:
        raise Failure(f"Labels and answers that are compared must be numbers: {error}; correct the data") from error
    unknown = int((~np.isfinite(numbers)).sum())
    if unknown:
        raise ValueError(f"{unknown} of {len(texts)} labels or answers are not finite")
    return numbers


def _rows(bucket: DataBucket, key: str) -> list[list[str]] | None:
    content = bucket.read(key)
    return None if content is None else list(csv.reader(content.decode().strip().split("\n")))


def _answers(bucket: DataBucket, key: str, *, rows: int) -> list[list[str]]:
    found = _rows(bucket, key)
    if found is None or len(found) != rows:
        raise Failure(
            f"{bucket.uri(key)} must hold an answer for each of {rows} rows, it holds "
            f"{'none' if found is None else len(found)}; look at the transform job's log, and train again"
        )
    return found
