"""The `[training.automl]` table, beside the rest of `[training]`."""

from typing import Any

import pytest

from modelyard.manifest import Model
from modelyard.manifest.automl import AutoML
from modelyard.manifest.batch import Batch
from modelyard.manifest.channel import Channel
from modelyard.manifest.preprocessing import Preprocessing
from modelyard.manifest.problems import Invalid
from modelyard.manifest.retraining import Retrain
from modelyard.manifest.serving import Serving, Variant
from modelyard.manifest.training import Objective, Spot, Training, Trial
from modelyard.manifest.tuning import Range, Tuning

AUTOML = AutoML(target="leaves", problem_type="BinaryClassification")
TABLE = Channel(path="datasets/train", header=True)


def searched(**changes: Any) -> Training:
    """A search for whoever leaves."""
    declared: dict[str, Any] = {
        "automl": AUTOML,
        "objective": Objective(metric="AUC", goal="maximize"),
        "channels": {"train": TABLE},
    }
    return Training(**{**declared, **changes})


def refusal(**changes: Any) -> str:
    with pytest.raises(Invalid) as refused:
        searched(**changes)
    return str(refused.value)


def test_a_search_has_no_container_no_instance_and_no_trials() -> None:
    training = searched()

    assert (training.job_container, training.job_instance, training.all_trials) == ("", "", ())


@pytest.mark.parametrize("key", ["container", "instance"])
def test_without_a_search_container_and_instance_are_given(key: str) -> None:
    given = {
        "container": "xgboost:3.2-0",
        "instance": "ml.m5.large",
        "script": "a/train.py",
        "metrics": {"AUC": "(.*)"},
    }
    with pytest.raises(Invalid, match=rf"{key} must be given without \[training.automl\]"):
        searched(automl=None, **{name: value for name, value in given.items() if name != key})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("container", "xgboost:3.2-0"),
        ("instance", "ml.m5.large"),
        ("script", "churn/train.py"),
        ("trials", (Trial(name="one"),)),
        ("tuning", Tuning(ranges={"eta": Range(min=0.1, max=0.5)})),
        ("spot", Spot(max_wait_minutes=90)),
        ("metrics", {"AUC": "auc=(.*)"}),
        ("hyperparameters", {"eta": 0.1}),
        ("retrain", Retrain(held_out="datasets/held_out", schedule="rate(7 days)")),
    ],
)
def test_what_autopilot_chooses_is_left_out_beside_it(key: str, value: Any) -> None:
    assert f"{key} must be left out beside [training.automl], which has none" in refusal(**{key: value})


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        ({"rows": TABLE}, "channels must be train, and perhaps validation, with Autopilot"),
        ({"validation": TABLE}, "channels must be train, and perhaps validation, with Autopilot"),
        ({"train": Channel(path="datasets/train")}, "channels.train.header must be true with Autopilot"),
        (
            {"train": Channel(path="a", header=True, content_type="application/x-parquet")},
            "channels.train.content_type must be text/csv with Autopilot",
        ),
        (
            {"train": Channel(path="a", header=True, distribution="ShardedByS3Key")},
            "channels.train.distribution must be left out with Autopilot",
        ),
        (
            {"train": Channel(path="preprocessing/train", header=True)},
            "channels.train.path must be no output of [preprocessing] with Autopilot",
        ),
    ],
)
def test_a_channel_that_autopilot_would_not_read_is_refused(channels: dict[str, Channel], said: str) -> None:
    assert said in refusal(channels=channels)


def test_a_metric_of_another_problem_is_refused() -> None:
    said = refusal(objective=Objective(metric="RMSE", goal="minimize"))

    assert "objective.metric must be one of Accuracy, AUC, BalancedAccuracy, F1, Precision, Recall" in said


def test_a_goal_against_the_metric_is_refused() -> None:
    said = refusal(objective=Objective(metric="AUC", goal="minimize"))

    assert 'objective.goal must be maximize for AUC, as Autopilot ranks by it, got "minimize"' in said


@pytest.mark.parametrize(
    ("key", "value"), [("max_candidates", 0), ("max_candidates", 751), ("max_total_minutes", 2881)]
)
def test_a_search_is_bounded(key: str, value: int) -> None:
    with pytest.raises(Invalid, match=f"{key} must be between 1 and"):
        AutoML(target="leaves", problem_type="Regression", **{key: value})  # type: ignore[arg-type]


def test_a_variant_that_waits_for_the_package_of_a_search_needs_no_container() -> None:
    serving = Serving(instance="ml.m5.large", variants=(Variant(name="primary"),))
    model = Model(name="churn", training=searched(), serving=serving, batch=Batch(instance="ml.m5.large"))

    assert not model.needs_container
    assert model.image_uses == ()


def test_a_search_is_beside_no_preprocessing() -> None:
    preparing = Preprocessing(
        container="sklearn:1.9-0", script="churn/preprocess.py", instance="ml.m5.large", inputs={"raw": "datasets/raw"}
    )
    with pytest.raises(Invalid, match=r"preprocessing must be left out beside \[training.automl\]"):
        Model(name="churn", training=searched(), preprocessing=preparing)
