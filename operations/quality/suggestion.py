"""Limits of quality that chance does not break, for the manifest: a baseline's own are its exact values."""

import csv
import io
import math
from dataclasses import replace

import numpy as np

from modelyard.drift.quality.classification import binary_metrics, multiclass_metrics
from modelyard.drift.quality.documents import ERRORS
from modelyard.drift.quality.pair_reader import PairReader
from modelyard.drift.quality.pairs import NumberPairs, Pairs
from modelyard.drift.quality.regression import regression_metrics
from modelyard.drift.quality.task import ProblemType
from modelyard.manifest.quality import METRICS, Quality
from modelyard.operations.quality.answers import LABEL, PREDICTION, PROBABILITY
from modelyard.operations.quality.task import declared_task

# Those that say most of a model, and not each of those that move together.
TELLING = {
    ProblemType.BINARY: ("auc", "recall", "precision"),
    ProblemType.MULTICLASS: ("accuracy", "weighted_f1"),
    ProblemType.REGRESSION: ("mae", "rmse"),
}
RECORDS_OF_A_CHECK = 100
# Four would leave 3 in 100,000 of a normal distribution; shares near 1 of few records have a longer tail downwards.
STANDARD_ERRORS = 5.0
RESAMPLES, SEED = 400, 1979
FEWEST_RECORDS = 100


def suggested_limits(table: str, *, quality: Quality) -> dict[str, float]:
    """Return limits of some metrics that a model as good as in a table of answers keeps in checks of 100 labels.

    How much a metric varies is what it does over checks drawn from the table's own records (the bootstrap); the value
    of the table is uncertain, too. A metric that one of these checks does not define has no limit; of less than 100
    records none has.

    Raises:
        DriftError: the table has an answer that is none.
    """
    declared = declared_task(quality)
    task = replace(
        declared,
        ground_truth=LABEL,
        inference=None if declared.inference is None else PREDICTION,
        probability=None if declared.probability is None else PROBABILITY,
    )
    reader = PairReader(task=task)
    for record in csv.DictReader(io.StringIO(table, newline="")):
        reader.add_row(values=[record.get(column) for column in (LABEL, PREDICTION, PROBABILITY)])
    pairs, _ = reader.finish()
    rows = len(pairs.labels)
    if rows < FEWEST_RECORDS:
        return {}

    generator = np.random.default_rng(SEED)
    drawn = [np.sort(generator.integers(rows, size=RECORDS_OF_A_CHECK)) for _ in range(RESAMPLES)]
    checks = [_metrics(pairs.subset(positions=positions), problem=task.problem) for positions in drawn]
    whole = _metrics(pairs, problem=task.problem)
    widening = math.sqrt(1 + RECORDS_OF_A_CHECK / rows)
    found: dict[str, float] = {}
    for name in TELLING[task.problem]:
        values = [check.get(name, math.nan) for check in checks]
        allowed = STANDARD_ERRORS * float(np.std(values)) * widening
        limit = whole.get(name, math.nan) + (allowed if name in ERRORS else -allowed)
        if math.isfinite(limit):
            largest = METRICS[quality.problem_type][name]
            found[name] = min(max(_rounded(limit, up=name in ERRORS), 0.0), largest)
    return found


def _metrics(pairs: Pairs, *, problem: ProblemType) -> dict[str, float]:
    if isinstance(pairs, NumberPairs):
        return regression_metrics(pairs=pairs)
    return binary_metrics(pairs=pairs) if problem is ProblemType.BINARY else multiclass_metrics(pairs=pairs)


def _rounded(value: float, *, up: bool) -> float:
    """Two digits, towards what allows more."""
    if value == 0:
        return 0.0
    digits = 1 - math.floor(math.log10(abs(value)))
    whole = math.ceil(value * 10.0**digits) if up else math.floor(value * 10.0**digits)
    return round(whole / 10.0**digits, max(digits, 0))
