"""What the hyperparameters of XGBoost's own algorithm may be: one table, read by manifests and by the local AWS.

Source: sagemaker-xgboost-container cb8df91, `algorithm_mode/hyperparameter_validation.py`,
`sagemaker_algorithm_toolkit/hyperparameter_validation.py` and `constants/xgb_constants.py`; the same for 1.7-1.
"""

import ast
import difflib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

REQUIRED = "num_round"
OBJECTIVE_METRIC = "_tuning_objective_metric"
ALIASES = {"learning_rate": "eta", "min_split_loss": "gamma", "reg_lambda": "lambda", "reg_alpha": "alpha"}
MAXIMIZED = (
    "accuracy",
    "auc",
    "aucpr",
    "balanced_accuracy",
    "f1",
    "f1_binary",
    "f1_macro",
    "map",
    "ndcg",
    "precision",
    "precision_macro",
    "precision_micro",
    "r2",
    "recall",
    "recall_macro",
    "recall_micro",
)
MINIMIZED = (
    "aft-nloglik",
    "cox-nloglik",
    "error",
    "gamma-deviance",
    "gamma-nloglik",
    "interval-regression-accuracy",
    "logloss",
    "mae",
    "mape",
    "merror",
    "mlogloss",
    "mphe",
    "mse",
    "poisson-nloglik",
    "rmse",
    "rmsle",
    "tweedie-nloglik",
)
METRICS = (*MAXIMIZED, *MINIMIZED)
# Those that the container computes itself, whatever XGBoost has: `metrics/custom_metrics.py`.
CONTAINER_METRICS = (
    "accuracy",
    "balanced_accuracy",
    "f1",
    "f1_binary",
    "f1_macro",
    "mae",
    "mse",
    "precision",
    "precision_macro",
    "precision_micro",
    "r2",
    "recall",
    "recall_macro",
    "recall_micro",
    "rmse",
)
WITH_THRESHOLD = ("error", "ndcg", "map")
OBJECTIVES = (
    "aft_loss_distribution",
    "binary:hinge",
    "binary:logistic",
    "binary:logitraw",
    "count:poisson",
    "multi:softmax",
    "multi:softprob",
    "rank:map",
    "rank:ndcg",
    "rank:pairwise",
    "reg:absoluteerror",
    "reg:gamma",
    "reg:linear",
    "reg:logistic",
    "reg:pseudohubererror",
    "reg:squarederror",
    "reg:squaredlogerror",
    "reg:tweedie",
    "survival:aft",
    "survival:cox",
)
GROWING_UPDATERS = ("distcol", "grow_colmaker", "grow_histmaker", "grow_local_histmaker")
TREE_UPDATERS = (*GROWING_UPDATERS, "grow_skmaker", "prune", "refresh", "sync")
LINEAR_UPDATERS = ("coord_descent", "shotgun")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What one hyperparameter may be: how its text is read, as the values that are then looked at one by one."""

    read: Callable[[str], Sequence[object]]
    allows: Callable[[object], bool]
    allowed: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A hyperparameter that the container refuses, why in its words, and what is allowed."""

    name: str
    reason: str
    allowed: str


def _numbers(
    *, low: float = -math.inf, high: float = math.inf, above: float = -math.inf, below: float = math.inf, whole: bool
) -> Rule:
    """A number from `low` to `high`, or between `above` and `below` without these."""
    bounds = {"of at least": low, "above": above, "of at most": high, "below": below}
    told = " and ".join(f"{word} {bound:g}" for word, bound in bounds.items() if math.isfinite(bound))
    kind = int if whole else float
    return Rule(
        read=lambda text: (kind(text),),
        allows=lambda value: isinstance(value, kind) and low <= value <= high and above < value < below,
        allowed=f"a {'whole ' if whole else ''}number {told}",
    )


def _whole(low: float, high: float = math.inf) -> Rule:
    return _numbers(low=low, high=high, whole=True)


def _number(low: float, high: float = math.inf) -> Rule:
    return _numbers(low=low, high=high, whole=False)


def _words(*words: str, several: bool = False) -> Rule:
    return Rule(
        read=(lambda text: text.split(",")) if several else (lambda text: (text,)),
        allows=lambda value: value in words,
        allowed=f"{'commas between any' if several else 'one'} of {', '.join(words)}",
    )


def _allows_metric(value: object) -> bool:
    name, at, threshold = str(value).partition("@")
    if not at:
        return name in METRICS
    try:
        float(threshold)
    except ValueError:
        return False
    return name.strip() in WITH_THRESHOLD


def _literals(text: str, *, depth: int) -> Sequence[object]:
    """Read `(1,0,-1)`, or with a depth of 2 `[[1,2],[3]]`, and return the values in it."""
    try:
        values = list(ast.literal_eval(text))
        return values if depth == 1 else [value for group in values for value in group]
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(f"could not parse {text!r}") from error


RULES: Mapping[str, Rule] = {
    "_kfold": _whole(2),
    "_num_cv_round": _whole(1),
    OBJECTIVE_METRIC: _words(*(f"validation:{metric}" for metric in METRICS)),
    "aft_loss_distribution": _words("normal", "logistic", "extreme"),
    "aft_loss_distribution_scale": _number(0),
    "alpha": _number(0),
    "base_score": _number(0),
    "booster": _words("gbtree", "gblinear", "dart"),
    "colsample_bylevel": _numbers(above=0, high=1, whole=False),
    "colsample_bynode": _numbers(above=0, high=1, whole=False),
    "colsample_bytree": _numbers(above=0, high=1, whole=False),
    "csv_weights": _whole(0, 1),
    "deterministic_histogram": _words("true", "false"),
    "dsplit": _words("row", "col"),
    "early_stopping_rounds": _whole(1),
    "eta": _number(0, 1),
    "eval_metric": Rule(
        read=lambda text: text.split(","),
        allows=_allows_metric,
        allowed=f"commas between any of {', '.join(METRICS)}, or {', '.join(WITH_THRESHOLD)} with @ and a number",
    ),
    "gamma": _number(0),
    "grow_policy": _words("depthwise", "lossguide"),
    "interaction_constraints": Rule(
        read=lambda text: _literals(text, depth=2),
        allows=lambda value: isinstance(value, int) and value >= 1,
        allowed="lists in a list such as [[1,2],[3,4]], of whole numbers of 1 or more",
    ),
    "lambda": _number(0),
    "lambda_bias": _number(0, 1),
    "max_bin": _whole(0),
    "max_delta_step": _number(0),
    "max_depth": _whole(0),
    "max_leaves": _whole(0),
    "min_child_weight": _number(0),
    "monotone_constraints": Rule(
        read=lambda text: _literals(text, depth=1),
        allows=lambda value: value in (-1, 0, 1),
        allowed="a tuple such as (1,0,-1), of -1, 0 and 1",
    ),
    "normalize_type": _words("tree", "forest"),
    "nthread": _whole(1),
    "num_class": _whole(2),
    "num_parallel_tree": _whole(1),
    REQUIRED: _whole(1),
    "objective": _words(*OBJECTIVES),
    "one_drop": _whole(0, 1),
    "predictor": _words("auto", "cpu_predictor", "gpu_predictor"),
    "prob_buffer_row": _numbers(above=1, whole=False),
    "process_type": _words("default", "update"),
    "rate_drop": _number(0, 1),
    "refresh_leaf": _whole(0, 1),
    "sample_type": _words("uniform", "weighted"),
    "sampling_method": _words("uniform", "gradient_based"),
    "save_model_on_termination": _words("true", "false"),
    "scale_pos_weight": _numbers(above=0, whole=False),
    "seed": _numbers(above=-(2**31), below=2**31 - 1, whole=True),
    "sketch_eps": _numbers(above=0, below=1, whole=False),
    "skip_drop": _number(0, 1),
    "subsample": _numbers(above=0, high=1, whole=False),
    "tree_method": _words("auto", "exact", "approx", "hist", "gpu_hist"),
    "tweedie_variance_power": _numbers(above=1, below=2, whole=False),
    "updater": _words(*TREE_UPDATERS, *LINEAR_UPDATERS, several=True),
    "use_dask_gpu_training": _words("true", "false"),
    "verbosity": _whole(0, 3),
}


def refusals(given: Mapping[str, str]) -> Iterator[Refusal]:
    """Yield what the container refuses among a job's hyperparameters, in the order in which it looks."""
    canonical = {ALIASES.get(name, name): (name, text) for name, text in given.items()}
    if REQUIRED not in canonical:
        reason = f"Missing required hyperparameter: {REQUIRED}"
        yield Refusal(name=REQUIRED, reason=reason, allowed=RULES[REQUIRED].allowed)
    fine: dict[str, str] = {}
    for canon, (name, text) in canonical.items():
        if canon not in RULES:
            nearest = difflib.get_close_matches(name, [*RULES, *ALIASES], n=1, cutoff=0)
            allowed = f"one that there is, such as {nearest[0]},"
            yield Refusal(name=name, reason=f"Extraneous hyperparameter found: {name}", allowed=allowed)
            continue
        rule = RULES[canon]
        try:
            values = rule.read(text)
        except ValueError:
            yield Refusal(name=name, reason=f"Hyperparameter {name}: could not parse value", allowed=rule.allowed)
            continue
        if all(map(rule.allows, values)):
            fine[canon] = text
        else:
            yield Refusal(name=name, reason=f"Hyperparameter {name}: {text} is not in its range", allowed=rule.allowed)
    for name, reason, allowed in _dependencies(fine):
        yield Refusal(name=name, reason=reason, allowed=allowed)


def _dependencies(given: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield each hyperparameter that does not go with another: its name, the reason, and what is allowed."""
    objective, tree_method = given.get("objective"), given.get("tree_method")
    metrics, updaters = given.get("eval_metric", "").split(","), given.get("updater", "").split(",")
    growing = [updater for updater in updaters if updater in GROWING_UPDATERS]
    linear, update = given.get("booster") == "gblinear", given.get("process_type") == "update"
    for name, refused, reason, allowed in (
        (
            "objective",
            objective in ("multi:softmax", "multi:softprob") and "num_class" not in given,
            "Require input for parameter 'num_class' for multi-classification",
            "given together with num_class",
        ),
        (
            # The container looks the objective up without asking whether it is there: KeyError 'objective'.
            "eval_metric",
            objective is None,
            "KeyError: 'objective'",
            "given together with objective",
        ),
        (
            "eval_metric",
            objective is not None and "auc" in metrics and not objective.startswith(("binary:", "rank:")),
            "Metric 'auc' can only be applied for classification and ranking problems.",
            f"without auc for {objective}",
        ),
        (
            "eval_metric",
            objective is not None and "aft-nloglik" in metrics and objective != "survival:aft",
            "Metric 'aft-nloglik' can only be applied for 'survival:aft' objective.",
            f"without aft-nloglik for {objective}",
        ),
        (
            "monotone_constraints",
            tree_method not in ("exact", "hist"),
            "monotone_constraints can be used only when the tree_method parameter is set to either 'exact' or 'hist'.",
            "given together with tree_method exact or hist",
        ),
        (
            "interaction_constraints",
            tree_method not in ("exact", "hist", "approx"),
            "interaction_constraints can be used only when the tree_method parameter is set to either 'exact', 'hist' "
            "or 'approx'.",
            "given together with tree_method exact, hist or approx",
        ),
        (
            "updater",
            linear and not (len(updaters) == 1 and updaters[0] in LINEAR_UPDATERS),
            f"Linear updater should be one of these options: {', '.join(LINEAR_UPDATERS)}.",
            f"one of {', '.join(LINEAR_UPDATERS)} for the booster gblinear",
        ),
        (
            "updater",
            not linear and update and not set(updaters) <= {"refresh", "prune"},
            "process_type 'update' can only be used with updater 'refresh' and 'prune'",
            "refresh, prune or both for the process_type update",
        ),
        (
            "updater",
            not linear and not update and not set(updaters) <= set(TREE_UPDATERS),
            f"Tree updater should be selected from these options: {', '.join(TREE_UPDATERS)}.",
            f"any of {', '.join(TREE_UPDATERS)} for a booster of trees",
        ),
        (
            "updater",
            not linear and not update and len(growing) > 1,
            "Only one tree grow plugin can be selected.",
            f"with one of {', '.join(GROWING_UPDATERS)} at most",
        ),
    ):
        if name in given and refused:
            yield name, reason, allowed
