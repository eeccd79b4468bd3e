import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.quality.task import ProblemType, Task, named_problem_type


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"problem": ProblemType.REGRESSION}, "inference_attribute must be given for Regression"),
        ({"problem": ProblemType.MULTICLASS, "probability": "0"}, "inference_attribute must be given for Multiclass"),
        ({"problem": ProblemType.BINARY}, "inference_attribute or probability_attribute must be given"),
        (
            {"problem": ProblemType.BINARY, "probability": "0", "threshold": float("nan")},
            "probability_threshold_attribute must be a number, got nan",
        ),
    ],
)
def test_a_task_without_anything_to_compare_is_refused(arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(DriftError, match=sentence):
        Task(**arguments)  # type: ignore[arg-type]


def test_another_problem_is_refused() -> None:
    with pytest.raises(DriftError, match="problem_type must be one of BinaryClassification, "):
        named_problem_type(name="Ranking")
