"""Trials as runs of MLflow: what a script has logged stays, and what it has not is logged here.

A run is found by its job, which is a tag of it, and its name unless a script has given it another. What of it is
missing is noted in a tag before it is logged, and another says when all is there: who was interrupted goes on with the
same, and who repeats it changes nothing.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from modelyard.manifest import Model
from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import says_absent
from modelyard.operations.plotting.series import log_lines, values_of
from modelyard.operations.promotion.candidate import ARTIFACT
from modelyard.operations.tracking.app import ABSENT, TAKEN, Document, MlflowRefused, TrackingApp
from modelyard.operations.training.leaderboard import OF_THE_CONTAINER, Leaderboard, Trial, read_leaderboard, runs
from modelyard.operations.training.packages import packages_of

STATUS = {"Completed": "FINISHED", "Failed": "FAILED", "Stopped": "KILLED"}
# What MLflow takes in a name, and how much in all (`mlflow/utils/validation.py` 3.17): others become underscores.
NOT_IN_A_NAME = re.compile(r"[^\w.:/ -]")
LONGEST_NAME, LONGEST_PARAMETER, LONGEST_TAG = 250, 6000, 8000
# Of one call.
MOST_METRICS, MOST_PARAMETERS, MOST_TAGS = 1000, 100, 100
PREFIX = "modelyard."
# The first is a tag of what scripts log, too (constructs/workflows/trials.py).
JOB, PLANNED, DONE = f"{PREFIX}job", f"{PREFIX}metrics", f"{PREFIX}logged"
NOTE = "mlflow.note.content"
# `mlflow/utils/mlflow_tags.py` and `mlflow/entities/experiment_kind` of MLflow 3.17.
KIND, OF_TRAINING = "mlflow.experimentKind", "custom_model_development"


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackedRun:
    """A run as MLflow has it."""

    id: str
    name: str
    parameters: frozenset[str]
    metrics: frozenset[str]
    tags: Mapping[str, str]

    @property
    def job(self) -> str:
        """The name of the training job that it is of."""
        return self.tags.get(JOB, self.name)

    @property
    def is_done(self) -> bool:
        """Whether all of it was logged that is to be logged here."""
        return DONE in self.tags


@dataclass(frozen=True, kw_only=True, slots=True)
class Experiment:
    """The experiment of a model: of the name of its experiment in SageMaker."""

    app: TrackingApp
    id: str

    @property
    def place(self) -> str:
        """Where MLflow's screen shows it."""
        return f"#/experiments/{self.id}"

    def runs(self) -> dict[str, TrackedRun]:
        """Return all of its runs by their jobs; of several of one job, as a script may make, the first that began."""
        found = self.app.all("runs/search", member="runs", document={"experiment_ids": [self.id]})
        return {run.job: run for run in map(_tracked, found)}


def find_experiment(app: TrackingApp, *, name: str) -> Experiment:
    """Return the experiment of a name, which is made if there is none: scripts that log make it, too.

    MLflow's screen is told that models are trained in it, or it would begin with language models.
    """
    found = _experiment(app, name=name)
    if found is None:
        try:
            app.post("experiments/create", {"name": name})
        except MlflowRefused as refused:
            # Somebody else has just made it.
            if refused.error_code != TAKEN:
                raise
        found = app.get("experiments/get-by-name", experiment_name=name)["experiment"]
    identity = str(found["experiment_id"])
    if KIND not in [tag["key"] for tag in found.get("tags", [])]:
        app.post("experiments/set-experiment-tag", {"experiment_id": identity, "key": KIND, "value": OF_TRAINING})
    return Experiment(app=app, id=identity)


def log_all_runs(app: TrackingApp, *, deployment: Deployment) -> tuple[Experiment, int]:
    """Log the trials of all runs that wrote a leaderboard; return the experiment and how many trials were logged."""
    bucket = DataBucket(aws=deployment.aws, name=deployment.bucket)
    names = runs(model=deployment.model, bucket=bucket)
    boards = (read_leaderboard(model=deployment.model, bucket=bucket, run=name) for name in names)
    return log_runs(app, deployment=deployment, boards=boards)


def log_runs(app: TrackingApp, *, deployment: Deployment, boards: Iterable[Leaderboard]) -> tuple[Experiment, int]:
    """Log the trials of some runs that are not wholly logged; return the experiment and how many these were."""
    experiment = find_experiment(app, name=deployment.model.endpoint(stage=deployment.stage))
    known = experiment.runs()
    logged = 0
    for board in boards:
        for trial in board.trials:
            run = known.get(trial.job)
            if run is None or not run.is_done:
                _log(experiment, deployment=deployment, board=board, trial=trial, run=run)
                logged += 1
    return experiment, logged


def _experiment(app: TrackingApp, *, name: str) -> Document | None:
    try:
        return dict(app.get("experiments/get-by-name", experiment_name=name)["experiment"])
    except MlflowRefused as refused:
        if refused.error_code != ABSENT:
            raise
    return None


def _log(
    experiment: Experiment, *, deployment: Deployment, board: Leaderboard, trial: Trial, run: TrackedRun | None
) -> None:
    app = experiment.app
    job = _job(aws=deployment.aws, name=trial.job)
    began, ended = _times(job, otherwise=deployment.aws)
    if run is None:
        document = {"experiment_id": experiment.id, "run_name": trial.job, "start_time": began}
        run = _tracked(app.post("runs/create", document)["run"])
    metrics = _metrics(model=deployment.model, trial=trial, lines=log_lines(aws=deployment.aws, job=trial.job))
    planned = run.tags.get(PLANNED)
    wanted = [name for name in metrics if name not in run.metrics] if planned is None else json.loads(planned)
    tags = _tags(deployment=deployment, board=board, trial=trial)
    if NOTE in run.tags:
        del tags[NOTE]
    app.post("runs/log-batch", {"run_id": run.id, "tags": _pairs({**tags, PLANNED: json.dumps(wanted)})})
    parameters = {
        _name(name): value[:LONGEST_PARAMETER]
        for name, value in trial.hyperparameters.items()
        if not name.startswith(OF_THE_CONTAINER) and _name(name) not in run.parameters
    }
    for part in _parts(_pairs(parameters), most=MOST_PARAMETERS):
        app.post("runs/log-batch", {"run_id": run.id, "params": part})
    # At the job's end, by epoch: the same each time, so that MLflow keeps one of what was logged twice.
    points = [
        {"key": name, "value": value, "timestamp": ended, "step": step}
        for name in wanted
        for step, value in metrics.get(name, ())
    ]
    for part in _parts(points, most=MOST_METRICS):
        app.post("runs/log-batch", {"run_id": run.id, "metrics": part})
    app.post("runs/update", {"run_id": run.id, "status": STATUS.get(trial.status, "FAILED"), "end_time": ended})
    app.post("runs/set-tag", {"run_id": run.id, "key": DONE, "value": "true"})


def _metrics(*, model: Model, trial: Trial, lines: Sequence[str]) -> dict[str, list[tuple[int, float]]]:
    """Return each metric over its epochs as the job's log has it; of others, as of an algorithm's, the last value."""
    expressions = {} if model.training is None else model.training.metrics
    found = {name: values_of(lines=lines, expression=expression) for name, expression in expressions.items()}
    series = {_name(name): list(enumerate(values, 1)) for name, values in found.items() if values}
    return {_name(name): [(0, value)] for name, value in trial.metrics.items()} | series


def _tags(*, deployment: Deployment, board: Leaderboard, trial: Trial) -> dict[str, str]:
    """Return what connects a run with what SageMaker has of it."""
    tags = {"model": deployment.model.name, "run": board.run, "trial": trial.name, "job": trial.job}
    if trial.reason:
        tags["reason"] = trial.reason
    if trial.status == "Completed":
        bucket = DataBucket(aws=deployment.aws, name=deployment.bucket)
        key = f"{deployment.model.layout.training(run=board.run)}/{trial.job}/{ARTIFACT}"
        tags["artifact"] = bucket.uri(key)
        for package in packages_of(aws=deployment.aws, group=deployment.package_group, artifact=bucket.uri(key)):
            tags["package"] = package["ModelPackageArn"]
    lines = [f"Trial **{trial.name}** of run {board.run} of {deployment.model.name}: {trial.status}.", ""]
    lines += [f"- {name}: `{tags[name]}`" for name in ("artifact", "package", "job", "reason") if name in tags]
    return {NOTE: "\n".join(lines)[:LONGEST_TAG], **{f"{PREFIX}{name}": value for name, value in tags.items()}}


def _job(*, aws: Aws, name: str) -> dict[str, Any] | None:
    """Describe a training job; a trial that failed may have none."""
    try:
        return dict(aws.client("sagemaker").describe_training_job(TrainingJobName=name))
    except ClientError as error:
        if says_absent(error):
            return None
        raise


def _times(job: Mapping[str, Any] | None, *, otherwise: Aws) -> tuple[int, int]:
    """Return when a job began and ended, in milliseconds; for one that never was, now."""
    if job is None:
        now = _milliseconds(otherwise.now())
        return now, now
    began = job.get("TrainingStartTime", job["CreationTime"])
    return _milliseconds(began), _milliseconds(job.get("TrainingEndTime", job.get("LastModifiedTime", began)))


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _tracked(run: Document) -> TrackedRun:
    info, data = run["info"], run.get("data", {})
    return TrackedRun(
        id=info["run_id"],
        name=info.get("run_name", ""),
        parameters=frozenset(one["key"] for one in data.get("params", [])),
        metrics=frozenset(one["key"] for one in data.get("metrics", [])),
        tags={one["key"]: one["value"] for one in data.get("tags", [])},
    )


def _name(name: str) -> str:
    return NOT_IN_A_NAME.sub("_", name)[:LONGEST_NAME]


def _pairs(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _parts(items: Sequence[Any], *, most: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), most):
        yield items[start : start + most]
