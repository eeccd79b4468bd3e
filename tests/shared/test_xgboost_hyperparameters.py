import pytest

from modelyard.shared.xgboost_hyperparameters import CONTAINER_METRICS, METRICS, RULES, refusals

FINE = {"num_round": "10", "objective": "binary:logistic"}
# For each rule a text that the container takes, and one that it refuses.
TRIED = {
    "_kfold": ("2", "1"),
    "_num_cv_round": ("1", "0"),
    "_tuning_objective_metric": ("validation:auc", "auc"),
    "aft_loss_distribution": ("normal", "gauss"),
    "aft_loss_distribution_scale": ("0", "-1"),
    "alpha": ("0", "-0.1"),
    "base_score": ("0.5", "-1"),
    "booster": ("dart", "tree"),
    "colsample_bylevel": ("1", "0"),
    "colsample_bynode": ("0.1", "1.1"),
    "colsample_bytree": ("0.5", "nan"),
    "csv_weights": ("1", "2"),
    "deterministic_histogram": ("true", "1"),
    "dsplit": ("row", "both"),
    "early_stopping_rounds": ("1", "0"),
    "eta": ("0", "1.5"),
    "eval_metric": ("error@0.3,ndcg@5,f1", "auc@0.5"),
    "gamma": ("0", "-1"),
    "grow_policy": ("lossguide", "wide"),
    "interaction_constraints": ("[[1,2],[3]]", "[[0,1]]"),
    "lambda": ("1", "-1"),
    "lambda_bias": ("1", "2"),
    "max_bin": ("256", "-1"),
    "max_delta_step": ("0", "-1"),
    "max_depth": ("0", "6.0"),
    "max_leaves": ("0", "-1"),
    "min_child_weight": ("0", "-1"),
    "monotone_constraints": ("(1,0,-1)", "(2,)"),
    "normalize_type": ("forest", "wood"),
    "nthread": ("1", "0"),
    "num_class": ("2", "1"),
    "num_parallel_tree": ("1", "0"),
    "num_round": ("1", "0"),
    "objective": ("reg:squarederror", "mse"),
    "one_drop": ("1", "2"),
    "predictor": ("auto", "gpu"),
    "prob_buffer_row": ("1.5", "1"),
    "process_type": ("default", "new"),
    "rate_drop": ("1", "1.1"),
    "refresh_leaf": ("0", "true"),
    "sample_type": ("weighted", "even"),
    "sampling_method": ("gradient_based", "even"),
    "save_model_on_termination": ("true", "yes"),
    "scale_pos_weight": ("0.1", "0"),
    "seed": ("-5", "2147483647"),
    "sketch_eps": ("0.5", "1"),
    "skip_drop": ("0", "-0.1"),
    "subsample": ("1", "0"),
    "tree_method": ("hist", "fast"),
    "tweedie_variance_power": ("1.5", "2"),
    "updater": ("grow_histmaker,prune", "grow"),
    "use_dask_gpu_training": ("false", "no"),
    "verbosity": ("3", "4"),
}
# What goes with a hyperparameter that needs another.
BESIDE = {name: {"tree_method": "hist"} for name in ("interaction_constraints", "monotone_constraints")}


def test_every_rule_is_tried() -> None:
    assert list(TRIED) == list(RULES)


@pytest.mark.parametrize("name", list(RULES))
def test_what_the_container_takes_is_taken(name: str) -> None:
    assert list(refusals(FINE | BESIDE.get(name, {}) | {name: TRIED[name][0]})) == []


@pytest.mark.parametrize("name", list(RULES))
def test_what_the_container_refuses_is_refused_with_what_is_allowed(name: str) -> None:
    (refusal,) = refusals(FINE | BESIDE.get(name, {}) | {name: TRIED[name][1]})

    assert (refusal.name, refusal.allowed) == (name, RULES[name].allowed)


@pytest.mark.parametrize("text", ["(", "[1, 2]", "7", "[[1], 2]"])
def test_constraints_of_another_form_are_refused(text: str) -> None:
    (refusal,) = refusals(FINE | {"tree_method": "hist", "interaction_constraints": text})

    assert refusal.reason == "Hyperparameter interaction_constraints: could not parse value"


def test_an_alias_is_held_to_its_rule_under_its_own_name() -> None:
    (refusal,) = refusals(FINE | {"learning_rate": "2"})

    assert refusal.reason == "Hyperparameter learning_rate: 2 is not in its range"


def test_a_job_without_rounds_is_refused() -> None:
    (refusal,) = refusals({})

    assert refusal.reason == "Missing required hyperparameter: num_round"


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    (refusal,) = refusals(FINE | {"depth": "3"})

    assert (refusal.reason, "max_depth" in refusal.allowed) == ("Extraneous hyperparameter found: depth", True)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"objective": "multi:softmax"}, "objective"),
        ({"objective": "reg:squarederror", "eval_metric": "auc"}, "eval_metric"),
        ({"eval_metric": "aft-nloglik"}, "eval_metric"),
        ({"monotone_constraints": "(1,0)", "tree_method": "approx"}, "monotone_constraints"),
        ({"interaction_constraints": "[[1,2]]"}, "interaction_constraints"),
        ({"booster": "gblinear", "updater": "prune"}, "updater"),
        ({"process_type": "update", "updater": "grow_histmaker"}, "updater"),
        ({"updater": "shotgun"}, "updater"),
        ({"updater": "grow_colmaker,grow_histmaker"}, "updater"),
    ],
)
def test_a_hyperparameter_that_does_not_go_with_another_is_refused(given: dict[str, str], name: str) -> None:
    assert [refusal.name for refusal in refusals(FINE | given)] == [name]


def test_metrics_need_an_objective() -> None:
    (refusal,) = refusals({"num_round": "1", "eval_metric": "rmse"})

    assert refusal.allowed == "given together with objective"


def test_what_the_container_computes_itself_are_metrics_that_it_takes() -> None:
    assert set(CONTAINER_METRICS) <= set(METRICS)
