import numpy as np

from modelyard.drift.quality.pairs import ClassPairs, NumberPairs
from modelyard.drift.quality.statistics import QualityStatistics, quality_statistics
from modelyard.drift.quality.task import ProblemType

Labels = list[int]


def binary(labels: Labels, predictions: Labels, scores: list[float] | None = None) -> QualityStatistics:
    pairs = ClassPairs(
        names=("0", "1"),
        labels=np.array(labels, dtype=np.int64),
        predictions=np.array(predictions, dtype=np.int64),
        scores=None if scores is None else np.array(scores, dtype=np.float64),
    )
    return quality_statistics(problem=ProblemType.BINARY, pairs=pairs)


def regression(labels: list[float], predictions: list[float]) -> QualityStatistics:
    return quality_statistics(
        problem=ProblemType.REGRESSION,
        pairs=NumberPairs(
            labels=np.array(labels, dtype=np.float64), predictions=np.array(predictions, dtype=np.float64)
        ),
    )


def value(statistics: QualityStatistics, name: str) -> float:
    return statistics.metrics[name].value
