from pathlib import Path

import pytest

from modelyard.manifest import Model, read_models, read_stage

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def examples() -> dict[str, Model]:
    stage = read_stage(ROOT / "stages.toml", name="dev")
    models = read_models(ROOT / "models", stage=stage, scripts=ROOT / "training_scripts")
    return {model.name: model for model in models}


def test_the_examples_are_read_without_a_problem(examples: dict[str, Model]) -> None:
    assert list(examples) == ["churn", "churn_forest", "mnist_tf", "mnist_torch"]


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("churn", ["shallow", "deep", "sampled"]),
        ("churn_forest", ["small", "large"]),
        ("mnist_tf", []),
        ("mnist_torch", ["hidden-2", "hidden-5", "hidden-10"]),
    ],
)
def test_an_example_has_its_trials(examples: dict[str, Model], model: str, names: list[str]) -> None:
    training = examples[model].training

    assert training is not None
    assert [trial.name for trial in training.all_trials] == names


def test_the_digits_are_tried_with_two_five_and_ten_hidden_channels(examples: dict[str, Model]) -> None:
    training = examples["mnist_torch"].training

    assert training is not None
    assert [trial.hyperparameters["hidden_channels"] for trial in training.trials] == [2, 5, 10]


def test_the_digits_are_searched_by_kind(examples: dict[str, Model]) -> None:
    training = examples["mnist_tf"].training

    assert training is not None
    assert training.tuning is not None
    assert {name: searched.kind for name, searched in training.tuning.ranges.items()} == {
        "learning_rate": "Continuous",
        "batch_size": "Integer",
    }


@pytest.mark.parametrize(("model", "engine"), [("churn", "drift"), ("churn_forest", "model-monitor")])
def test_an_example_is_monitored_by_its_engine(examples: dict[str, Model], model: str, engine: str) -> None:
    monitoring = examples[model].monitoring

    assert monitoring is not None
    assert (monitoring.engine, monitoring.cron) == (engine, "cron(0 * ? * * *)")


def test_the_champion_gets_three_of_four_requests(examples: dict[str, Model]) -> None:
    serving = examples["churn_forest"].serving

    assert serving is not None
    assert {variant.name: variant.weight for variant in serving.variants} == {"champion": 3, "challenger": 1}


@pytest.mark.parametrize(("name", "protected"), [("dev", False), ("prod", True)])
def test_a_stage_is_protected_as_it_says(name: str, *, protected: bool) -> None:
    stage = read_stage(ROOT / "stages.toml", name=name)

    assert (stage.removal, stage.termination_protection) == ("retain", protected)
