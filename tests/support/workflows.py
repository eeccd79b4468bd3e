"""Declarations and contexts that the tests of the workflows run."""

import dataclasses
from typing import Any, Literal

from modelyard.constructs.workflows.analysis import Analyzer, baseline_job
from modelyard.constructs.workflows.batch_run import BatchRun
from modelyard.constructs.workflows.check_run import CheckRun
from modelyard.constructs.workflows.preparation import Preparation
from modelyard.constructs.workflows.quality_baseline import QualityBaselineRun
from modelyard.constructs.workflows.quality_run import QualityRun
from modelyard.constructs.workflows.requests import JobContext, Script
from modelyard.constructs.workflows.training_run import TrainingRun
from modelyard.manifest import Model
from modelyard.manifest.answer import Answer as DeclaredAnswer
from modelyard.manifest.automl import AutoML
from modelyard.manifest.batch import Batch
from modelyard.manifest.channel import Channel
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.preprocessing import Preprocessing
from modelyard.manifest.quality import Quality
from modelyard.manifest.serving import Capture, Serving, Variant
from modelyard.manifest.training import Objective, Spot, Training, Trial
from modelyard.manifest.tuning import Range, Tuning

JOB_CONTEXT = JobContext(bucket="data", key_arn="arn:aws:kms:eu-west-1:1:key/k", role_arn="arn:aws:iam::1:role/jobs")
TOPIC = "arn:aws:sns:eu-west-1:1:alerts"
SCRIPT = Script(archive="s3://assets/code.gz", program="train.py")
ANALYZER = Analyzer(image="1.dkr.ecr.eu-west-1.amazonaws.com/sklearn:1", code="s3://assets/drift.zip")
TRIALS = (Trial(name="deep", hyperparameters={"depth": 6}), Trial(name="shallow", hyperparameters={"depth": 3}))


def training(**changes: Any) -> Training:
    """A training of two trials with a script."""
    declared: dict[str, Any] = {
        "container": "xgboost:3.2-0",
        "script": "churn/train.py",
        "instance": "ml.m5.large",
        "objective": Objective(metric="validation:auc", goal="maximize"),
        "channels": {"train": Channel(path="datasets/train", content_type="text/csv")},
        "metrics": {"validation:auc": r"auc:(\S+)"},
        "hyperparameters": {"rounds": 10, "objective": "binary"},
        "trials": TRIALS,
    }
    return Training(**{**declared, **changes})


def tuned(strategy: Any = "Bayesian") -> Training:
    """A training that searches instead."""
    ranges = {"depth": Range(min=2, max=8), "eta": Range(min=0.1, max=0.5), "booster": Range(values=("a", "b"))}
    grid = {"booster": Range(values=("a", "b"))}
    tuning = Tuning(ranges=grid if strategy == "Grid" else ranges, strategy=strategy, max_jobs=6, max_parallel=2)
    return training(trials=(), tuning=tuning, spot=Spot(max_wait_minutes=90))


def autopilot() -> Training:
    """A training that lets Autopilot search."""
    return Training(
        automl=AutoML(target="leaves", problem_type="BinaryClassification", max_candidates=5, max_total_minutes=60),
        objective=Objective(metric="AUC", goal="maximize"),
        channels={
            "train": Channel(path="datasets/train", header=True),
            "validation": Channel(path="s3://theirs/held/", header=True),
        },
        max_runtime_minutes=10,
    )


ALGORITHM = "arn:aws:sagemaker:eu-west-1:865070037744:algorithm/decision-trees-0123456789abcdef"


def by_algorithm(**changes: Any) -> Training:
    """A training of two trials by an algorithm resource."""
    own: dict[str, Any] = {"container": None, "script": None, "metrics": {}, "algorithm": ALGORITHM}
    return training(**own, **changes)


PREPROCESSING = Preprocessing(
    container="sklearn:1.9-0",
    script="churn/preprocess.py",
    instance="ml.m5.large",
    inputs={"raw": "datasets/raw", "states": "datasets/states.csv"},
    parameters={"mean": 0.1307, "scaled": True},
    transformer=True,
)
PREPARED = {"train": Channel(path="preprocessing/train"), "held": Channel(path="preprocessing/all/held")}


def preparation(preprocessing: Preprocessing = PREPROCESSING) -> Preparation:
    """The states that prepare the data of a training."""
    return Preparation(
        preprocessing=preprocessing,
        layout=DataLayout(model="churn"),
        prefix="dev-churn",
        job_context=JOB_CONTEXT,
        image="image-to-prepare",
        archive="s3://assets/preprocess.gz",
        fingerprint="0" * 64,
        outputs=("train", "all"),
        partition="aws",
    )


def training_run(
    *, declared: Training, baseline: bool = False, preprocessing: Preprocessing | None = None
) -> TrainingRun:
    """The workflow of a training."""
    model = Model(name="churn", training=declared, preprocessing=preprocessing)
    return TrainingRun(
        model=model,
        training=declared,
        stage="dev",
        job_context=JOB_CONTEXT,
        image="image-to-train",
        serving_image="image-to-serve",
        serving_environment={"SAGEMAKER_PROGRAM": "train.py"},
        script=None if declared.algorithm is not None else SCRIPT,
        experiment="dev-churn",
        package_group="dev-churn",
        topic_arn=TOPIC,
        partition="aws",
        baseline_job=_baseline() if baseline else None,
        preparation=None if preprocessing is None else preparation(preprocessing),
        transformer_container={"Image": "image-to-transform"} if preprocessing is not None else None,
    )


def batch_run(batch: Batch) -> BatchRun:
    """The workflow of a batch transform."""
    model = Model(name="churn", training=training(), batch=batch)
    return BatchRun(
        model=model, batch=batch, stage="dev", job_context=JOB_CONTEXT, model_name="m", topic_arn=TOPIC, partition="aws"
    )


def check_run(
    *,
    schedule: str = "hourly",
    variants: tuple[str, ...] = ("primary",),
    publish_metrics: bool = False,
    answer: DeclaredAnswer | None = None,
    alarm_on: Literal["constraints", "verdict"] | None = None,
    false_alarms_per_year: float | None = None,
    earlier_windows: bool = False,
    instances: int = 1,
    sketches: bool = True,
) -> CheckRun:
    """The workflow of a check with the drift engine."""
    monitoring = Monitoring(
        engine="drift",
        schedule=schedule,
        publish_metrics=publish_metrics,
        alarm_on=alarm_on,
        false_alarms_per_year=false_alarms_per_year,
        earlier_windows=earlier_windows,
        instances=instances,
        sketches=sketches,
    )
    serving = Serving(
        instance="ml.m5.large", capture=Capture(), variants=tuple(Variant(name=name) for name in variants)
    )
    model = Model(
        name="churn", training=training(baseline_dataset="datasets/baseline"), serving=serving, monitoring=monitoring
    )
    return CheckRun(
        monitoring=monitoring,
        layout=model.layout,
        endpoint="dev-churn",
        schedule="dev-churn-data-quality",
        variants=variants,
        job_context=JOB_CONTEXT,
        analyzer=ANALYZER,
        baseline="churn/baseline/run",
        topic_arn=TOPIC,
        partition="aws",
        answer=answer,
    )


def _baseline() -> dict[str, Any]:
    return baseline_job(
        monitoring=Monitoring(engine="drift"),
        analyzer=ANALYZER,
        job_context=JOB_CONTEXT,
        dataset="s3://data/churn/datasets/baseline/",
        output="{% 's3://data/churn/baseline/' & $run %}",
    )


QUALITY = Quality(problem_type="BinaryClassification", probability="0", positive_label="1")


def quality_run(*, delay: int = 0) -> QualityRun:
    """The workflow of a measurement with the drift engine."""
    quality = dataclasses.replace(QUALITY, label_delay_hours=delay)
    return QualityRun(
        monitoring=Monitoring(engine="drift", quality=quality),
        quality=quality,
        layout=DataLayout(model="churn"),
        endpoint="dev-churn",
        schedule="dev-churn-model-quality",
        variants=("primary",),
        job_context=JOB_CONTEXT,
        analyzer=ANALYZER,
        baseline="churn/baseline/run/model-quality",
        topic_arn=TOPIC,
        partition="aws",
    )


def quality_baseline_run() -> QualityBaselineRun:
    """The workflow that makes a baseline of quality."""
    return QualityBaselineRun(
        monitoring=Monitoring(engine="drift", quality=QUALITY),
        quality=QUALITY,
        layout=DataLayout(model="churn"),
        endpoint="dev-churn",
        job_context=JOB_CONTEXT,
        analyzer=ANALYZER,
        topic_arn=TOPIC,
        partition="aws",
    )
