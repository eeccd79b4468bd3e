"""All metrics of a model's answers, and how much each varies with the records."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from modelyard.drift.quality.amounts import amounts, textbook
from modelyard.drift.quality.calibration import Group, calibrated
from modelyard.drift.quality.classes import many_classes, two_classes
from modelyard.drift.quality.curves import Curve, characteristic, precision_recall
from modelyard.drift.quality.pairs import Classes, Numbers, Pairs, counts
from modelyard.drift.quality.task import Problem

Values: TypeAlias = "dict[str, float]"

FEWEST_FOR_DEVIATIONS = 200
_SUBSAMPLES, _SHARE = 5, 0.8
_SEED = 1962


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A metric and its standard deviation; not a number where it is not defined, or the records are too few."""

    value: float
    deviation: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What the answers of a window, or of a data set, are worth.

    Additional metrics, and the calibration, are what AWS does not have. Curves are there when the answers have
    probabilities, the calibration also for a regression.
    """

    problem: Problem
    rows: int
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    additional: Mapping[str, Metric] = field(default_factory=dict)
    confusion: Mapping[str, Mapping[str, int]] | None = None
    characteristic: Curve | None = None
    precision_recall: Curve | None = None
    calibration: tuple[Group, ...] = ()

    def undefined(self) -> tuple[str, ...]:
        """Return the metrics that these records do not define, such as recall without a positive label."""
        return tuple(name for name, metric in self.metrics.items() if np.isnan(metric.value))


def measured(*, problem: Problem, pairs: Pairs) -> Measured:
    """Return all metrics of the pairs, none for no pairs."""
    rows = len(pairs.labels)
    if rows == 0:
        return Measured(problem=problem, rows=0)
    if isinstance(pairs, Numbers):
        return Measured(
            problem=problem,
            rows=rows,
            metrics=_varied(pairs=pairs, compute=amounts),
            additional=_varied(pairs=pairs, compute=textbook),
            calibration=calibrated(labels=pairs.labels, predictions=pairs.predictions),
        )
    return _classified(problem=problem, pairs=pairs)


def _classified(*, problem: Problem, pairs: Classes) -> Measured:
    scores = pairs.scores
    scored = scores is not None
    return Measured(
        problem=problem,
        rows=len(pairs.labels),
        metrics=_varied(pairs=pairs, compute=two_classes if problem is Problem.BINARY else many_classes),
        confusion=counts(pairs=pairs),
        characteristic=characteristic(pairs=pairs) if scored else None,
        precision_recall=precision_recall(pairs=pairs) if scored else None,
        calibration=calibrated(labels=pairs.labels, predictions=scores) if scores is not None else (),
    )


def _varied(*, pairs: Pairs, compute: Callable[..., Values]) -> dict[str, Metric]:
    """Return each metric with its deviation over five subsamples of 80 % of the records.

    So AWS documents it, from 200 records on. Which records AWS draws is unknown: here they are drawn by a
    generator of a fixed seed, so that the same records give the same files.
    """
    values = compute(pairs=pairs)
    parts = [compute(pairs=part) for part in _subsamples(pairs)]
    return {
        name: Metric(value=value, deviation=_deviation([part[name] for part in parts]))
        for name, value in values.items()
    }


def _subsamples(pairs: Pairs) -> Iterator[Pairs]:
    rows = len(pairs.labels)
    if rows < FEWEST_FOR_DEVIATIONS:
        return
    generator = np.random.Generator(np.random.PCG64(_SEED))
    for _ in range(_SUBSAMPLES):
        yield pairs.part(chosen=np.flatnonzero(generator.random(rows) < _SHARE))


def _deviation(values: list[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
