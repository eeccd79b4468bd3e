"""Which steps a model's life has. The lives themselves are run by CI."""

from dataclasses import replace
from pathlib import Path

import pytest

from modelyard.manifest import Model
from modelyard.manifest.scaling import Scaling
from modelyard.manifest.tuning import Range, Tuning
from modelyard.scenario.runner import STEPS, plan_line
from modelyard.scenario.workspace import model_names, read_declarations
from support.synth import ROOT

TITLES = [step.title for step in STEPS]


def declared(model: str) -> Model:
    return read_declarations(ROOT, model=model)[1]


def omitted(model: Model) -> dict[str, str]:
    return {step.title: why for step in STEPS if (why := step.omission(model)) is not None}


def test_churn_has_every_step() -> None:
    assert omitted(declared("churn")) == {}


def test_a_step_whose_table_is_missing_names_it() -> None:
    assert omitted(declared("churn_forest")) == {
        "Score a file in batch": "not declared: [batch]",
        "Ask over HTTP": "not declared: [api]",
        "An alarm trains anew; a better model is proposed": "the endpoint has several variants",
        "Scale out under load, and in again": "not declared: [serving.scaling]",
        "Another model, by a canary": "the endpoint has several variants",
        "A bad model is rolled back": "the endpoint has several variants",
    }


def test_a_model_that_is_only_trained_is_trained_and_deleted() -> None:
    missing = omitted(replace(declared("mnist_torch"), serving=None, batch=None, monitoring=None))
    assert [title for title in TITLES if title not in missing] == [*TITLES[:4], TITLES[-1]]


def test_a_model_that_is_neither_trained_nor_promoted_is_imported() -> None:
    model = declared("churn")
    assert model.serving is not None
    serving = replace(model.serving, container="xgboost:3.2-0", script="churn_xgboost/train.py")
    imported = replace(model, training=None, serving=serving)
    assert omitted(imported) == dict.fromkeys(
        [
            "Push the data",
            "Train the trials, register the best",
            "An alarm trains anew; a better model is proposed",
            "Another model, by a canary",
            "A bad model is rolled back",
        ],
        "not declared: [training]",
    )
    assert plan_line(imported, promoted=()) == "17 of 22 chapters; imported: promoted/churn/model.tar.gz"


def test_a_model_that_is_promoted_and_not_trained_is_served_and_watched() -> None:
    churn = declared("churn")
    assert churn.serving is not None
    assert churn.monitoring is not None
    variant = replace(churn.serving.variants[0], model="churn/imported/model.tar.gz")
    serving = replace(churn.serving, variants=(variant,), container="xgboost:3.2-0", script="churn_xgboost/train.py")
    monitoring = replace(churn.monitoring, baseline="churn/baseline/imported")
    assert omitted(replace(churn, training=None, serving=serving, monitoring=monitoring)) == dict.fromkeys(
        [
            "Push the data",
            "Train the trials, register the best",
            "An alarm trains anew; a better model is proposed",
            "Promote the best",
            "Another model, by a canary",
            "A bad model is rolled back",
        ],
        "not declared: [training]",
    )


def test_without_serving_nothing_is_called_or_watched() -> None:
    missing = omitted(replace(declared("churn"), serving=None, batch=None, monitoring=None, api=None))
    assert "Deploy what serves, scores and watches" in missing


def test_without_monitoring_nothing_is_watched_or_measured() -> None:
    missing = omitted(replace(declared("churn"), monitoring=None))
    assert set(missing.values()) == {"not declared: [monitoring]"}
    assert "Good traffic" in missing


def test_the_plan_says_how_much_is_played_and_what_is_made_anew() -> None:
    churn = declared("churn")
    assert plan_line(churn, promoted=()) == "22 of 22 chapters"
    assert plan_line(churn, promoted=("serving.variants.primary.model", "monitoring.baseline")) == (
        "22 of 22 chapters; made anew here: serving.variants.primary.model, monitoring.baseline"
    )
    untrained = replace(churn, training=None, serving=None, monitoring=None, api=None, batch=None)
    assert plan_line(untrained, promoted=("batch.model",)) == ("3 of 22 chapters; uploaded from promoted/: batch.model")


def test_a_model_that_only_scores_in_batch_is_promoted_and_scores() -> None:
    missing = omitted(replace(declared("churn"), serving=None, monitoring=None, api=None))
    assert [title for title in TITLES if title not in missing] == [*TITLES[:7], TITLES[-1]]


def test_a_model_without_quality_is_watched_and_not_measured() -> None:
    model = declared("churn")
    assert model.monitoring is not None
    assert omitted(replace(model, monitoring=replace(model.monitoring, quality=None))) == {
        "What the answers are worth": "not declared: [monitoring.quality]",
        "Labels arrive; the answers are measured": "not declared: [monitoring.quality]",
        "Records worth a label": "not declared: [monitoring.quality]",
        "An alarm trains anew; a better model is proposed": "not declared: [monitoring.quality]",
    }


def test_an_api_whose_callers_have_tokens_is_not_called() -> None:
    model = declared("churn")
    assert model.api is not None
    missing = omitted(replace(model, api=replace(model.api, auth="jwt")))
    assert missing == {"Ask over HTTP": 'auth = "jwt": only users of its pool have tokens'}


@pytest.mark.parametrize(
    ("scaling", "why"),
    [
        (Scaling(min=2, max=2, invocations_per_instance=750), "scaling.min is max (2)"),
        (Scaling(min=1, max=2, concurrent_requests_per_model=4), "not declared: scaling.invocations_per_instance"),
    ],
)
def test_an_endpoint_that_cannot_grow_by_its_requests_is_not_put_under_load(scaling: Scaling, why: str) -> None:
    model = declared("churn")
    assert model.serving is not None
    missing = omitted(replace(model, serving=replace(model.serving, scaling=scaling)))
    assert missing == {"Scale out under load, and in again": why}


def test_a_model_of_one_trial_has_none_that_takes_its_place() -> None:
    model = declared("churn")
    assert model.training is not None
    assert omitted(replace(model, training=replace(model.training, trials=()))) == {
        "Another model, by a canary": "not declared: a second trial",
        "A bad model is rolled back": "not declared: a second trial",
    }


def test_the_jobs_of_a_tuning_are_trials() -> None:
    model = declared("churn")
    assert model.training is not None
    tuning = Tuning(ranges={"eta": Range(min=0.1, max=0.3)}, max_jobs=2)
    assert omitted(replace(model, training=replace(model.training, trials=(), tuning=tuning))) == {}


def test_a_script_of_one_s_own_has_no_model_that_is_known_to_fail() -> None:
    model = declared("churn")
    assert model.training is not None
    missing = omitted(replace(model, training=replace(model.training, script="mine/train.py")))
    assert missing == {"A bad model is rolled back": "only for scripts of the examples"}


def test_every_manifest_has_a_scenario(tmp_path: Path) -> None:
    assert model_names(ROOT) == ["churn", "churn_forest", "mnist_tf", "mnist_torch"]
    assert model_names(tmp_path) == []
