"""What a model has to do, as its manifest declares it and the analyzer takes it."""

from modelyard.drift.quality.task import DEFAULT_THRESHOLD, ProblemType, Task
from modelyard.manifest.quality import Quality


def declared_task(quality: Quality) -> Task:
    """Return the task of `[monitoring.quality]`, with its places in the answer."""
    return Task(
        problem=ProblemType(quality.problem_type),
        inference=quality.inference,
        probability=quality.probability,
        threshold=DEFAULT_THRESHOLD if quality.cut is None else quality.cut,
        positive_label=quality.positive_label,
    )
