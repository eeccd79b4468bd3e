"""What a model has to do, and which attributes of a record hold its predictions and the labels."""

import math
from dataclasses import dataclass
from enum import StrEnum

from modelyard.drift.errors import DriftError

DEFAULT_THRESHOLD = 0.5


class ProblemType(StrEnum):
    """The kinds of problem, in AWS's words."""

    BINARY = "BinaryClassification"
    MULTICLASS = "MulticlassClassification"
    REGRESSION = "Regression"

    @property
    def stem(self) -> str:
        """How the keys of statistics.json and constraints.json begin."""
        return {
            ProblemType.BINARY: "binary_classification",
            ProblemType.MULTICLASS: "multiclass_classification",
            ProblemType.REGRESSION: "regression",
        }[self]


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A problem, and its attributes: a CSV column's index or name, or a JSONPath; None where there is none.

    Without an inference a binary prediction is positive when its probability is above the threshold.
    Without a positive label, 1 and true are positive, 0 and false are negative.
    """

    problem: ProblemType
    inference: str | None = None
    probability: str | None = None
    threshold: float = DEFAULT_THRESHOLD
    ground_truth: str | None = None
    positive_label: str | None = None

    def __post_init__(self) -> None:
        if self.inference is None and self.problem is not ProblemType.BINARY:
            raise DriftError(f"inference_attribute must be given for {self.problem}, it is missing; name one")
        if self.inference is None and self.probability is None:
            raise DriftError(
                f"inference_attribute or probability_attribute must be given for {self.problem}, "
                "both are missing; name one"
            )
        if not math.isfinite(self.threshold):
            raise DriftError(
                f"probability_threshold_attribute must be a number, got {self.threshold}; give one such as 0.5"
            )


def named_problem_type(*, name: str) -> ProblemType:
    """Return the problem of AWS's name.

    Raises:
        DriftError: no problem has this name.
    """
    if name not in list(ProblemType):
        raise DriftError(f"problem_type must be one of {', '.join(ProblemType)}, got {name}; name one of them")
    return ProblemType(name)
