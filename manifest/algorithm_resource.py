"""An algorithm resource: `algorithm` of `[training]`, in the place of a container.

Image, metrics and the form of hyperparameters and channels are the resource's own, be it a product of the AWS
Marketplace or one that somebody has registered. SageMaker holds each job against it (CreateAlgorithm, SageMaker API
reference), so that little is checked here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from modelyard.manifest.catalogue import OWN_IMAGE
from modelyard.manifest.problems import Problem, problem_if
from modelyard.manifest.rules import Matches

# AlgorithmSpecification's AlgorithmName has 170 characters at most (SageMaker API reference); these have fewer.
ARN = re.compile(r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:algorithm/[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
ALGORITHM = Matches(ARN, form="the ARN of an algorithm", hint="find it with aws sagemaker list-algorithms")
ALGORITHM_IMAGE = Matches(
    OWN_IMAGE,
    form="the URI of an image in ECR, with its tag or digest",
    hint="copy TrainingImage of aws sagemaker describe-algorithm",
)
# A job of such an algorithm that keeps no checkpoints waits no longer than that (developer guide, "Managed Spot
# Training in Amazon SageMaker AI"), which is said of built-in algorithms and of those of the Marketplace.
LONGEST_WAIT_MINUTES = 60


def beside_problems(beside: Mapping[str, Any]) -> Iterator[Problem | None]:
    """Yield which keys are given beside an algorithm resource, though it leaves no room for them."""
    why = {
        "container": "which has its own image",
        "script": "which has its own code",
        "metrics": "which names its own",
        "retrain": "whose models are served by packages, with which no run is compared",
    }
    for key, value in beside.items():
        yield problem_if(
            bool(value),
            key=key,
            allowed=f"left out beside algorithm, {why[key]}",
            got=value,
            hint=f"remove {key}, or algorithm",
        )


def wait_problem(*, max_wait_minutes: int, keeps_checkpoints: bool) -> Problem | None:
    """Return what is wrong with the wait for spot instances."""
    return problem_if(
        not keeps_checkpoints and max_wait_minutes > LONGEST_WAIT_MINUTES,
        key="spot.max_wait_minutes",
        allowed=f"at most {LONGEST_WAIT_MINUTES} for an algorithm whose jobs keep no checkpoints",
        got=max_wait_minutes,
        hint="lower it, or keep checkpoints if the algorithm has them and its jobs are no search's",
    )
