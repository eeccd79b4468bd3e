from dataclasses import dataclass

import numpy as np

from modelyard.drift.kernels.arrays import Doubles, Integers
from modelyard.drift.quality.pairs import ClassPairs
from modelyard.drift.quality.task import ProblemType, Task

TASK = Task(problem=ProblemType.BINARY, probability="0")


@dataclass(frozen=True, kw_only=True, slots=True)
class Population:
    """Records whose score comes true as often as its square says: a model that is far too sure of itself.

    Scores are drawn from a beta distribution; `turned` is the share of labels that are those of another record.
    """

    below: float = 1.0
    above: float = 1.0
    turned: float = 0.0

    def draw(self, rows: int, *, seed: int) -> tuple[Doubles, Integers]:
        generator = np.random.default_rng(seed)
        scores = generator.beta(self.below, self.above, rows)
        shares = np.where(generator.random(rows) < self.turned, generator.permutation(scores), scores)
        return scores, (generator.random(rows) < np.square(shares)).astype(np.int64)

    def pairs(self, rows: int, *, seed: int = 0) -> ClassPairs:
        scores, labels = self.draw(rows, seed=seed)
        return class_pairs(scores, labels)


def class_pairs(scores: Doubles, labels: Integers) -> ClassPairs:
    order = np.argsort(-scores, kind="stable")
    return ClassPairs(
        names=("0", "1"),
        labels=labels[order],
        predictions=(scores[order] > 0.5).astype(np.int64),
        scores=scores[order],
    )
