"""The metrics that XGBoost's built-in algorithm mode declares by itself.

Source: AWS's sagemaker-xgboost container, module `algorithm_mode.metrics`; "XGBoost Hyperparameters", eval_metric, and
"Tune an XGBoost Model" in AWS's developer guide.
"""

from collections.abc import Mapping, Sequence

from modelyard.rehearsal.containers.training_results import MetricDefinition

METRICS = (
    "accuracy",
    "auc",
    "aucpr",
    "error",
    "f1",
    "gamma-deviance",
    "gamma-nloglik",
    "logloss",
    "mae",
    "map",
    "mape",
    "merror",
    "mlogloss",
    "mse",
    "ndcg",
    "poisson-nloglik",
    "rmse",
    "rmsle",
    "tweedie-nloglik",
)


def algorithm_metrics() -> list[MetricDefinition]:
    """Return `train:<metric>` and `validation:<metric>` of every metric."""
    return [
        MetricDefinition(name=f"{data}:{metric}", regex=rf".*\[[0-9]+\].*#011{data}-{metric}:(\S+)")
        for data in ("train", "validation")
        for metric in METRICS
    ]


def job_metrics(*, declared: Sequence[Mapping[str, str]], algorithm: bool) -> list[MetricDefinition]:
    """Return a job's own metric definitions, behind those of the algorithm if it is one.

    Raises:
        ValueError: a definition's regular expression cannot be used.

    """
    own = [MetricDefinition(name=given["Name"], regex=given["Regex"]) for given in declared]
    names = {definition.name for definition in own}
    known = algorithm_metrics() if algorithm else []
    return [definition for definition in known if definition.name not in names] + own
