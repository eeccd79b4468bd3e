import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.quality.task import Problem, Task, named_problem


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"problem": Problem.REGRESSION}, "inference_attribute must be given for Regression"),
        ({"problem": Problem.MULTICLASS, "probability": "0"}, "inference_attribute must be given for Multiclass"),
        ({"problem": Problem.BINARY}, "inference_attribute or probability_attribute must be given"),
        (
            {"problem": Problem.BINARY, "probability": "0", "threshold": float("nan")},
            "probability_threshold_attribute must be a number, got nan",
        ),
    ],
)
def test_a_task_without_anything_to_compare_is_refused(arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(DriftError, match=sentence):
        Task(**arguments)  # type: ignore[arg-type]


def test_another_problem_is_refused() -> None:
    with pytest.raises(DriftError, match="problem_type must be one of BinaryClassification, "):
        named_problem(name="Ranking")
