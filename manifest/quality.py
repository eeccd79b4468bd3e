"""The `[monitoring.quality]` table: predictions compared with ground truth."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from modelyard.manifest.answer import INFERENCE, LONGEST_PLACE, PLACE, Answer
from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.rules import AtMost, Between, DataPath, Declared

ProblemType = Literal["BinaryClassification", "MulticlassClassification", "Regression"]

BINARY: ProblemType = "BinaryClassification"
REGRESSION: ProblemType = "Regression"
# The metrics that AWS holds to limits, each with the largest value that it has (developer guide, "Model quality
# metrics"); f0_5 of a binary problem has a suggested limit and is never held to it.
SHARES = ("accuracy", "precision", "recall", "auc", "f1", "f2")
RATES = ("true_positive_rate", "true_negative_rate", "false_positive_rate", "false_negative_rate")
METRICS: dict[ProblemType, dict[str, float]] = {
    BINARY: dict.fromkeys((*SHARES, *RATES), 1),
    "MulticlassClassification": {
        "accuracy": 1,
        **{f"weighted_{name}": 1 for name in ("recall", "precision", "f0_5", "f1", "f2")},
    },
    REGRESSION: {"mae": math.inf, "mse": math.inf, "rmse": math.inf, "r2": 1},
}
LONGEST_DELAY_HOURS = 24 * 31
HALF = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality(Declared):
    """How predictions are compared with ground truth, and how late that arrives.

    `inference` and `probability` say where they are in the response: a column number of CSV, or a key or JSONPath of
    JSON; by default where `[serving.answer]` says. If there is only a probability, the prediction is positive from
    `threshold` on. `label_delay_hours` is after how many hours all labels have arrived. `baseline` is empty until
    `yard baseline` writes it: until then nothing is measured. `alarm_violations` is how many violations in one check
    raise the alarm. `limits` are the least values of metrics, or the largest of errors, by their names in
    constraints.json; with them no other metric is checked. Without them each metric must be as good as in the baseline
    itself, which every other check is not, by chance alone.
    """

    problem_type: ProblemType
    inference: Annotated[str | None, INFERENCE] = None
    probability: Annotated[str | None, PLACE] = None
    threshold: Annotated[float | None, Between(0, 1)] = None
    positive_label: Annotated[str | None, AtMost(LONGEST_PLACE)] = None
    label_delay_hours: Annotated[int, Between(0, LONGEST_DELAY_HOURS)] = 0
    baseline: Annotated[str | None, DataPath()] = None
    alarm_violations: Annotated[int, Between(1, 1_000_000)] = 1
    limits: dict[str, float] = field(default_factory=dict)

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        return (
            problem_if(
                self.probability is not None and not self.is_of_classes,
                key="probability",
                allowed="left out with Regression",
                got=self.probability,
                hint="name the predicted number with inference",
            ),
            problem_if(
                self.positive_label is not None and self.problem_type != BINARY,
                key="positive_label",
                allowed=f"given only with {BINARY}",
                got=self.positive_label,
                hint="leave it out",
            ),
            *map(self._limit_problem, self.limits),
        )

    def following(self, answer: Answer | None) -> "Quality":
        """Return the table with the answer's places where none are given."""
        if answer is None:
            return self
        probability = answer.probability_of(self.positive_label) if self.is_of_classes else None
        return replace(
            self,
            inference=self.inference if self.inference is not None else answer.inference,
            probability=self.probability if self.probability is not None else probability,
        )

    def place_problems(self, answer: Answer | None) -> tuple[Problem | None, ...]:
        """Return what is wrong with the places, once those of the answer are among them."""
        either = ", or probability in its place," if self.problem_type == BINARY else ""
        described = self if answer is None else replace(self, inference=None, probability=None).following(answer)
        return (
            *(
                problem_if(
                    given != said,
                    key=key,
                    allowed=f"left out, or what [serving.answer] says ({'nothing' if said is None else said})",
                    got=given,
                    hint="correct one of the two",
                )
                for key, given, said in (
                    ("inference", self.inference, described.inference),
                    ("probability", self.probability, described.probability),
                )
            ),
            problem_if(
                self.inference is None and (self.problem_type != BINARY or self.probability is None),
                key="inference",
                allowed=f"given{either} with {self.problem_type}",
                got=NOTHING,
                hint='say where in the answer it is, "0" for an answer of one column',
            ),
            problem_if(
                self.threshold is not None and (self.probability is None or self.problem_type != BINARY),
                key="threshold",
                allowed=f"given only with {BINARY} and a probability",
                got=self.threshold,
                hint="leave it out, or say where the probability is",
            ),
        )

    @property
    def declared_limits(self) -> Mapping[str, float] | None:
        """The limits of metrics; None where the baseline's own hold."""
        return {metric: float(limit) for metric, limit in self.limits.items()} if self.limits else None

    @property
    def cut(self) -> float | None:
        """From which probability on an answer counts as positive; None where another key says what was inferred."""
        if self.probability is None or self.inference is not None:
            return self.threshold
        return HALF if self.threshold is None else self.threshold

    @property
    def is_of_classes(self) -> bool:
        """Whether what proves true is one of some classes, and not a number."""
        return self.problem_type != REGRESSION

    def _limit_problem(self, metric: str) -> Problem | None:
        known = METRICS[self.problem_type]
        if metric not in known:
            return Problem(
                key=f"limits.{metric}",
                allowed=f"a metric of {self.problem_type} ({', '.join(known)})",
                got=metric,
                hint="correct the name, or remove it",
            )
        least = -math.inf if metric == "r2" else 0
        return problem_if(
            not least <= self.limits[metric] <= known[metric] or math.isinf(self.limits[metric]),
            key=f"limits.{metric}",
            allowed="a number up to 1" if metric == "r2" else "between 0 and 1" if known[metric] == 1 else "0 or more",
            got=self.limits[metric],
            hint="write the worst value that is still good",
        )
