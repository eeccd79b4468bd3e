"""The trials of a training run: one job for each, in an experiment, so many at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelyard.constructs.workflows.preparation import Preparation
from modelyard.constructs.workflows.requests import (
    JobContext,
    JobFolders,
    Script,
    hyperparameters,
    training_job,
)
from modelyard.constructs.workflows.states import (
    JOB,
    REASON,
    RUN,
    State,
    States,
    choose,
    each,
    expression,
    refuse_run,
    task,
    text,
)
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.names import MARK
from modelyard.manifest.training import LONGEST_REASON, Training

# What an item of the map is, and stays.
TRIAL = {
    "name": expression("$states.input.name"),
    "job": expression("$states.input.job"),
    "hyperparameters": expression("$states.input.hyperparameters"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Trials:
    """The states that run a training's trials, and hand on what is kept of each."""

    training: Training
    layout: DataLayout
    prefix: str
    job_context: JobContext
    image: str
    script: Script | None
    experiment: str
    partition: str
    data: Mapping[str, str] = field(default_factory=dict)
    preparation: Preparation | None = None

    @property
    def first(self) -> str:
        """The state to begin with."""
        return "Choose the trials"

    @property
    def variables(self) -> dict[str, Any]:
        """What must be assigned before."""
        # Each trial with all that its job is told.
        return {
            "declared": [
                {
                    "name": trial.name,
                    "hyperparameters": hyperparameters(
                        shared=self.training.hyperparameters, own=trial.hyperparameters, script=self.script
                    ),
                }
                for trial in self.training.all_trials
            ]
        }

    def states(self, *, then: str) -> States:
        """Return the states, the last of which goes on with a list of trials."""
        known = "$count($states.input.trials[$not($ in $declared.name)]) = 0"
        # A trial and the name of its job, which is the name of its trial in the experiment too.
        name = "$states.context.Map.Item.Value.name"
        return {
            "Choose the trials": {
                "Type": "Pass",
                "Assign": {
                    "chosen": expression(
                        "[$declared[$not($exists($states.input.trials)) or name in $states.input.trials]]"
                    )
                },
                "Next": "Are the trials known?",
            },
            "Are the trials known?": choose(when=known, then="Run the trials", otherwise="Unknown trial"),
            "Unknown trial": refuse_run(
                error="UnknownTrial",
                cause=expression(
                    """'trials must be some of ' & $join($declared.name, ', ') & ', got '
                    & $string($states.input.trials) & '; leave trials out to run all of them'"""
                ),
            ),
            "Run the trials": each(
                items=expression("$chosen"),
                item={
                    "name": expression(name),
                    "hyperparameters": expression("$states.context.Map.Item.Value.hyperparameters"),
                    "job": text(f"{self.prefix}{MARK}' & {name} & '-{RUN}"),
                },
                at_once=self.training.max_parallel,
                start="Create the trial",
                states=self._one_trial(),
                then=then,
            ),
        }

    def _one_trial(self) -> States:
        # What is kept of a trial; a job without metrics has none, which is not the same as an error.
        metrics = "$merge([$states.result.FinalMetricDataList.{ MetricName: Value }])"
        request = training_job(
            training=self.training,
            job_context=self.job_context,
            image=self.image,
            folders=JobFolders(
                layout=self.layout,
                data=self.data,
                output=text(self.job_context.uri(self.layout.training(run=RUN))),
                preprocessed=None if self.preparation is None else self.preparation.folder,
                checkpoints=None
                if self.training.spot is None or not self.training.spot.checkpoints
                else text(f"{self.job_context.uri(self.layout.checkpoints(run=RUN))}/{JOB}"),
            ),
            script=self.script,
            # Its name, and by what `yard` finds a run to which a script has given another.
            run_tags=expression("$string({'mlflow.runName': $states.input.job, 'modelyard.job': $states.input.job})"),
        )
        carried: States = {}
        if self.preparation is not None:
            carried["Carry the preprocessing"] = self.preparation.associate(
                trial="$states.input.job", then="Train", caught_as=self._failed()
            )
        experiment = {"ExperimentName": self.experiment, "TrialName": expression("$states.input.job")}
        return {
            "Create the trial": task(
                resource="aws-sdk:sagemaker:createTrial",
                arguments={"TrialName": expression("$states.input.job"), "ExperimentName": self.experiment},
                output=expression("$states.input"),
                then=next(iter(carried), "Train"),
                caught_by="Trial failed",
                caught_as=self._failed(),
                partition=self.partition,
            ),
            **carried,
            "Train": task(
                resource="sagemaker:createTrainingJob.sync",
                arguments={
                    "TrainingJobName": expression("$states.input.job"),
                    "HyperParameters": expression("$states.input.hyperparameters"),
                    **request,
                    "ExperimentConfig": {**experiment, "TrialComponentDisplayName": expression("$states.input.name")},
                },
                output={**TRIAL, "status": "Completed", "metrics": expression(metrics)},
                then=None,
                caught_by="Trial failed",
                caught_as=self._failed(),
                partition=self.partition,
            ),
            "Trial failed": {"Type": "Pass", "End": True},
        }

    def _failed(self) -> State:
        """A trial that fails leaves the others to go on, and says in the leaderboard why; a state holds 256 KiB."""
        return {
            **TRIAL,
            "status": "Failed",
            "metrics": {},
            "reason": expression(f"$substring({REASON}, 0, {LONGEST_REASON})"),
        }
