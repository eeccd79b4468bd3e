from typing import Any

import pytest

from modelyard.operations.failures import Failure
from modelyard.operations.training.leaderboard import Leaderboard, leaderboard_of


def trial(name: str, *, auc: float | None, depth: int) -> dict[str, Any]:
    return {
        "name": name,
        "job": f"dev-churn--{name}-1",
        "status": "Completed" if auc is not None else "Failed",
        "hyperparameters": {"max_depth": str(depth), "eval_metric": '"auc"', "sagemaker_program": f'"{name}.py"'},
        "metrics": {"train:auc": 1.0, "validation:auc": auc} if auc is not None else {},
        **({} if auc is not None else {"reason": "AlgorithmError: no"}),
    }


def board(*, goal: str = "maximize") -> Leaderboard:
    trials = [trial("deep", auc=0.9, depth=6), trial("shallow", auc=0.8, depth=3), trial("odd", auc=None, depth=1)]
    objective = {"metric": "validation:auc", "goal": goal}
    return leaderboard_of({"model": "churn", "run": "1", "objective": objective, "trials": trials})


def test_the_objective_stands_before_the_other_metrics_and_after_them_what_was_varied() -> None:
    assert board().table.columns == ("rank", "trial", "status", "validation:auc", "train:auc", "max_depth")


def test_a_trial_without_a_value_has_no_rank() -> None:
    assert [row[:4] for row in board().table.rows] == [
        (1, "deep", "Completed", 0.9),
        (2, "shallow", "Completed", 0.8),
        (None, "odd", "Failed", None),
    ]


def test_a_text_that_travelled_as_json_loses_its_quotes() -> None:
    assert board().best.hyperparameters["eval_metric"] == "auc"


def test_the_reason_of_a_failed_trial_is_kept() -> None:
    assert board().trials[2].reason == "AlgorithmError: no"


def test_the_document_is_the_whole_leaderboard() -> None:
    document = board().document
    assert (document["run"], document["objective"]["goal"], len(document["trials"])) == ("1", "maximize", 3)


@pytest.mark.parametrize(("goal", "worse"), [("maximize", True), ("minimize", False)])
def test_which_value_is_worse_is_the_goal_s_to_say(goal: str, worse: bool) -> None:  # noqa: FBT001
    assert board(goal=goal).is_worse(value=0.8, than=0.9) is worse


def test_an_equal_value_is_not_worse() -> None:
    assert not board().is_worse(value=0.9, than=0.9)


def test_an_unknown_trial_is_refused_with_those_there_are() -> None:
    with pytest.raises(Failure, match="--trial must be one of deep, shallow, odd of run 1, got wide; name one of them"):
        board().trial("wide")


def test_a_trial_that_did_not_complete_is_refused() -> None:
    with pytest.raises(Failure, match="The trial odd of run 1 is Failed; choose one that is Completed"):
        board().trial("odd")
