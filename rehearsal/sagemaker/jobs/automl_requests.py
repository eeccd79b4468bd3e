"""What a CreateAutoMLJobV2 request asks for, and the candidates that are tried for it.

Source: "CreateAutoMLJobV2" and its parts in the SageMaker API reference, with the objectives that AutoMLJobObjective
lists for tables.
"""

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.autopilot import MINIMIZED, OBJECTIVES, Problem
from modelyard.shared.s3_uri import S3Uri

# What AWS takes for a problem without an objective.
DEFAULTS: dict[Problem, str] = {
    "BinaryClassification": "F1",
    "MulticlassClassification": "Accuracy",
    "Regression": "MSE",
}
# Whole numbers of so few values are taken for classes where nobody says what the problem is.
MOST_CLASSES = 20
# AWS's default for tables.
VALIDATION_FRACTION = 0.2
TRAINING_SECONDS = 24 * 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """An estimator of scikit-learn with its parameters."""

    estimator: str
    parameters: dict[str, Any]

    @property
    def hyperparameters(self) -> dict[str, str]:
        """What its training job is told; a toolkit would take an object of JSON apart."""
        parameters = ";".join(f"{name}={json.dumps(value)}" for name, value in sorted(self.parameters.items()))
        return {"estimator": self.estimator, **({"parameters": parameters} if parameters else {})}


@dataclass(frozen=True, kw_only=True, slots=True)
class Objective:
    """What a job makes of its problem, and the metric that ranks its candidates."""

    problem: Problem
    metric: str

    @property
    def kind(self) -> str:
        """Maximize or Minimize."""
        return "Minimize" if self.metric in MINIMIZED else "Maximize"


@dataclass(frozen=True, kw_only=True, slots=True)
class AutoMLPlan:
    """A request that can be run.

    Raises:
        ServiceError: ValidationException, what AWS refuses, or what is not rehearsed.

    """

    request: Document

    def __post_init__(self) -> None:
        if "TabularJobConfig" not in self.request["AutoMLProblemTypeConfig"]:
            raise invalid("AutoMLProblemTypeConfig must have one problem, got none; give a TabularJobConfig")
        given = "ProblemType" in self.table, "AutoMLJobObjective" in self.request
        if given[0] != given[1]:
            raise invalid("ProblemType and AutoMLJobObjective must both be given or both be left out, got one of them")
        if all(given):
            self._check_objective()
        self._check_channels()

    @property
    def table(self) -> Document:
        """The TabularJobConfig."""
        found: Document = self.request["AutoMLProblemTypeConfig"]["TabularJobConfig"]
        return found

    @property
    def target(self) -> str:
        """The name of the column that is predicted."""
        return str(self.table["TargetAttributeName"])

    @property
    def channels(self) -> list[Document]:
        """Where the tables lie."""
        return list(self.request["AutoMLJobInputDataConfig"])

    @property
    def sources(self) -> dict[str, S3Uri]:
        """The prefix of each channel, by its type."""
        return {
            channel.get("ChannelType", "training"): S3Uri.parse(channel["DataSource"]["S3DataSource"]["S3Uri"])
            for channel in self.channels
        }

    @property
    def fraction(self) -> float:
        """The part of the training data on which candidates are measured, where there is no channel for that."""
        return float(self.request.get("DataSplitConfig", {}).get("ValidationFraction", VALIDATION_FRACTION))

    @property
    def criteria(self) -> Document:
        """The CompletionCriteria."""
        return dict(self.table.get("CompletionCriteria", {}))

    @property
    def training_seconds(self) -> int:
        """How long a candidate may train."""
        return int(self.criteria.get("MaxRuntimePerTrainingJobInSeconds", TRAINING_SECONDS))

    def objective_of(self, values: list[str]) -> Objective:
        """Return what the request says, or what the values of the target say where it says nothing."""
        if "ProblemType" in self.table:
            return Objective(problem=self.table["ProblemType"], metric=self.request["AutoMLJobObjective"]["MetricName"])
        problem = problem_of(values)
        return Objective(problem=problem, metric=DEFAULTS[problem])

    def candidates(self) -> Iterator[Candidate]:
        """Yield what is tried: each kind of estimator as it is, then with parameters drawn by the job's name."""
        drawn = random.Random(self.request["AutoMLJobName"])  # noqa: S311 - a search, not a secret
        found = itertools.chain(FIRST, (_draw(drawn) for _ in itertools.count()))
        return itertools.islice(found, self.criteria.get("MaxCandidates", len(FIRST)))

    def _check_objective(self) -> None:
        problem, metric = self.table["ProblemType"], self.request["AutoMLJobObjective"]["MetricName"]
        if metric not in OBJECTIVES[problem]:
            raise invalid(
                f"the objective of {problem} must be one of {', '.join(OBJECTIVES[problem])} here, got {metric}"
            )

    def _check_channels(self) -> None:
        kinds = [channel.get("ChannelType", "training") for channel in self.channels]
        if sorted(kinds) not in (["training"], ["training", "validation"]):
            raise invalid(
                f"AutoMLJobInputDataConfig must have a training channel and at most one for validation, got {kinds}"
            )
        for channel in self.channels:
            if channel["DataSource"]["S3DataSource"]["S3DataType"] != "S3Prefix":
                raise invalid("S3DataType must be S3Prefix here; list no files in a manifest")
            if channel.get("CompressionType", "None") != "None":
                raise invalid("CompressionType must be None here; unpack the files")
            media = channel.get("ContentType", "text/csv;header=present").replace(" ", "")
            if media != "text/csv;header=present":
                raise invalid(f"ContentType must be text/csv;header=present here, got {media}; write CSV with a header")
        if len(kinds) == 2 and "DataSplitConfig" in self.request:
            raise invalid("DataSplitConfig must be left out beside a channel for validation")


FIRST = (
    Candidate(estimator="gradient_boosting", parameters={}),
    Candidate(estimator="random_forest", parameters={"n_estimators": 200}),
    Candidate(estimator="linear", parameters={}),
    Candidate(estimator="extra_trees", parameters={"n_estimators": 200}),
    Candidate(estimator="neighbors", parameters={"n_neighbors": 15}),
)


def problem_of(values: list[str]) -> Problem:
    """Return what a column of texts is to be predicted as: two values are classes, and so are texts and few numbers."""
    distinct = set(values)
    if len(distinct) == 2:
        return "BinaryClassification"
    whole = all(_is_whole(value) for value in distinct)
    if all(_is_number(value) for value in distinct) and not (whole and len(distinct) <= MOST_CLASSES):
        return "Regression"
    return "MulticlassClassification"


def _draw(drawn: random.Random) -> Candidate:
    if drawn.random() < 0.5:
        parameters: dict[str, Any] = {
            "learning_rate": round(10 ** drawn.uniform(-2, -0.5), 4),
            "max_leaf_nodes": drawn.choice((15, 31, 63)),
            "min_samples_leaf": drawn.choice((5, 20, 50)),
        }
        return Candidate(estimator="gradient_boosting", parameters=parameters)
    parameters = {
        "n_estimators": drawn.choice((100, 300)),
        "min_samples_leaf": drawn.choice((1, 2, 5)),
        "max_features": drawn.choice(("sqrt", 0.5)),
    }
    return Candidate(estimator=drawn.choice(("random_forest", "extra_trees")), parameters=parameters)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_whole(text: str) -> bool:
    return _is_number(text) and float(text).is_integer()
