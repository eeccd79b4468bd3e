from collections.abc import Mapping

import numpy as np

from modelyard.drift.quality.pairs import ClassPairs, NumberPairs
from modelyard.drift.quality.statistics import QualityStatistics, quality_statistics
from modelyard.drift.quality.task import ProblemType


def scored(size: int, noise: float, *, positives: float = 0.4) -> QualityStatistics:
    """A binary classification whose scores follow the labels as closely as the noise is small."""
    generator = np.random.default_rng(size)
    labels = (np.arange(size) < size * positives).astype(np.int64)
    scores = np.clip(labels * 0.6 + 0.2 + generator.normal(0, noise, size), 0, 1)
    order = np.argsort(-scores, kind="stable")
    pairs = ClassPairs(
        names=("0", "1"),
        labels=labels[order],
        predictions=(scores[order] > 0.5).astype(np.int64),
        scores=scores[order],
    )
    return quality_statistics(problem=ProblemType.BINARY, pairs=pairs)


def classified(names: tuple[str, ...], table: Mapping[tuple[int, int], int]) -> QualityStatistics:
    cells = [(label, predicted) for (label, predicted), count in table.items() for _ in range(count)]
    labels, predictions = (np.array(side) for side in zip(*cells, strict=True))
    return quality_statistics(
        problem=ProblemType.MULTICLASS, pairs=ClassPairs(names=names, labels=labels, predictions=predictions)
    )


def predicted(size: int, error: float) -> QualityStatistics:
    labels = np.linspace(0, 10, size)
    return quality_statistics(
        problem=ProblemType.REGRESSION, pairs=NumberPairs(labels=labels, predictions=labels + error)
    )
