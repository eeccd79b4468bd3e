"""The training workflow: run the trials, choose the best, register it, make the baseline, report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from manifest.model import Model
from manifest.training import Training
from modelyard.workflows.requests import (
    JobFolders,
    Place,
    Request,
    Script,
    algorithm,
    hyperparameters,
    job_definition,
    training_job,
    tuning_config,
)
from modelyard.workflows.states import (
    JOB,
    RUN,
    State,
    States,
    choose,
    each,
    end_with,
    expression,
    give_up,
    machine,
    name_the_run,
    notify,
    refuse_run,
    task,
    text,
)

# What a run may take beside its trials: the baseline, the registration and the starts of the jobs.
ALLOWANCE_SECONDS = 4 * 3600
LONGEST_TUNING_NAME = 32
TUNING_HASH = 8

# What an item of the map is, and stays.
TRIAL = {
    "name": "{% $states.input.name %}",
    "job": "{% $states.input.job %}",
    "hyperparameters": "{% $states.input.hyperparameters %}",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingRun:
    """A model's training as a definition for Step Functions.

    `baseline_job` is the request for the processing job that makes the baseline, all but its name and its output; None
    for a model that is not monitored.
    """

    model: Model
    training: Training
    stage: str
    place: Place
    image: str
    serving_image: str
    script: Script | None
    experiment: str
    package_group: str
    topic_arn: str
    partition: str
    baseline_job: dict[str, Any] | None = None

    @property
    def definition(self) -> dict[str, Any]:
        """The whole state machine."""
        states: States = {
            "Name the run": name_the_run(then="Choose the trials", assign={"declared": self._declared()}),
            **(self._search_states() if self.training.tuning is not None else self._trial_states()),
            "Rank the trials": self._rank(),
            "Is there a best?": choose(
                when="$count($ranked) > 0", then="Write the leaderboard", otherwise="No trial completed"
            ),
            "No trial completed": refuse_run(
                error="NoTrialCompleted",
                cause=expression(
                    f"""'No trial of {self.model.name} ended with a value of {self.training.objective.metric}: '
                    & $string($states.input)"""
                ),
            ),
            "Write the leaderboard": self._write_leaderboard(),
            "Register the best": self._register(),
            **(self._baseline_states() if self.baseline_job is not None else {}),
            "Report": self._report(),
            "Done": end_with(self._result()),
            **give_up(subject=f"{self._prefix}: training failed", topic_arn=self.topic_arn, partition=self.partition),
        }
        if self.training.tuning is not None:
            states["Name the run"]["Next"] = "Search"
        return machine(
            comment=f"Train {self.model.name}: trials, the best of them, its package and its baseline",
            start="Name the run",
            states=states,
            seconds=self._longest_seconds(),
        )

    @property
    def _prefix(self) -> str:
        return f"{self.stage}-{self.model.slug}"

    def _folders(self, *, checkpoints: str | None) -> JobFolders:
        output = text(self.place.uri(self.model.layout.training(run=RUN)))
        return JobFolders(layout=self.model.layout, output=output, checkpoints=checkpoints)

    def _checkpoints(self) -> str | None:
        if self.training.spot is None or not self.training.spot.checkpoints:
            return None
        return text(f"{self.place.uri(self.model.layout.checkpoints(run=RUN))}/{JOB}")

    def _declared(self) -> list[dict[str, Any]]:
        """Each trial with all that its job is told."""
        return [
            {
                "name": trial.name,
                "hyperparameters": hyperparameters(
                    shared=self.training.hyperparameters, own=trial.hyperparameters, script=self.script
                ),
            }
            for trial in self.training.all_trials
        ]

    def _trial_states(self) -> States:
        known = "$count($states.input.trials[$not($ in $declared.name)]) = 0"
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
                items="{% $chosen %}",
                item=self._item(),
                at_once=self.training.max_parallel,
                start="Create the trial",
                states=self._one_trial(),
                then="Rank the trials",
            ),
        }

    def _item(self) -> State:
        """A trial and the name of its job, which is the name of its trial in the experiment too."""
        name = "$states.context.Map.Item.Value.name"
        return {
            "name": expression(name),
            "hyperparameters": "{% $states.context.Map.Item.Value.hyperparameters %}",
            "job": text(f"{self._prefix}-' & {name} & '-{RUN}"),
        }

    def _one_trial(self) -> States:
        return {
            "Create the trial": task(
                resource="aws-sdk:sagemaker:createTrial",
                arguments={"TrialName": "{% $states.input.job %}", "ExperimentName": self.experiment},
                output="{% $states.input %}",
                then="Train",
                caught_by="Trial failed",
                caught_as=self._failed(),
                partition=self.partition,
            ),
            "Train": task(
                resource="sagemaker:createTrainingJob.sync",
                arguments=self._training_request(),
                output=self._completed(),
                then=None,
                caught_by="Trial failed",
                caught_as=self._failed(),
                partition=self.partition,
            ),
            "Trial failed": {"Type": "Pass", "End": True},
        }

    def _training_request(self) -> Request:
        request = training_job(
            training=self.training,
            place=self.place,
            image=self.image,
            folders=self._folders(checkpoints=self._checkpoints()),
            script=self.script,
        )
        experiment = {"ExperimentName": self.experiment, "TrialName": "{% $states.input.job %}"}
        return {
            "TrainingJobName": "{% $states.input.job %}",
            "HyperParameters": "{% $states.input.hyperparameters %}",
            **request,
            "ExperimentConfig": {**experiment, "TrialComponentDisplayName": "{% $states.input.name %}"},
        }

    def _completed(self) -> State:
        """What is kept of a trial; a job without metrics has none, which is not the same as an error."""
        metrics = "$merge([$states.result.FinalMetricDataList.{ MetricName: Value }])"
        return {**TRIAL, "status": "Completed", "metrics": expression(metrics)}

    def _failed(self) -> State:
        """A trial that fails leaves the others to go on, and says in the leaderboard why."""
        return {**TRIAL, "status": "Failed", "metrics": {}, "reason": "{% $states.errorOutput.Cause %}"}

    def _search_states(self) -> States:
        return {
            "Search": task(
                resource="sagemaker:createHyperParameterTuningJob.sync",
                arguments=self._tuning_request(),
                output=None,
                then="List the trials",
                caught_by="Report the failure",
                partition=self.partition,
            ),
            "List the trials": task(
                resource="aws-sdk:sagemaker:listTrainingJobsForHyperParameterTuningJob",
                arguments=self._list_request(),
                output=expression(self._listed()),
                then="Rank the trials",
                caught_by="Report the failure",
                partition=self.partition,
            ),
        }

    def _tuning_request(self) -> Request:
        tuning = self.training.tuning
        if tuning is None:
            return {}
        static = hyperparameters(shared=self.training.hyperparameters, own={}, script=self.script)
        definition = job_definition(
            training=self.training,
            place=self.place,
            folders=self._folders(checkpoints=self._tuning_checkpoints()),
            script=self.script,
        )
        return {
            "HyperParameterTuningJobName": self._tuning_name(),
            "HyperParameterTuningJobConfig": tuning_config(tuning=tuning, training=self.training),
            "TrainingJobDefinition": {
                "StaticHyperParameters": static,
                "AlgorithmSpecification": _searched_algorithm(training=self.training, image=self.image),
                **definition,
            },
        }

    def _tuning_name(self) -> str:
        """A tuning job's name is half as long as others (API reference), and begins its jobs' names."""
        tag = f"$substring($hash($states.context.Execution.Id, 'SHA-256'), 0, {TUNING_HASH})"
        return expression(f"'{tuning_prefix(self._prefix)}-' & {tag}")

    def _tuning_checkpoints(self) -> str | None:
        """SageMaker adds each job's own name below it (API reference, CheckpointConfig of a tuning job)."""
        if self._checkpoints() is None:
            return None
        return text(self.place.uri(self.model.layout.checkpoints(run=RUN)))

    def _list_request(self) -> Request:
        return {
            "HyperParameterTuningJobName": self._tuning_name(),
            "MaxResults": 100,
            "SortBy": "FinalObjectiveMetricValue",
            "SortOrder": "Descending" if self.training.objective.goal == "maximize" else "Ascending",
        }

    def _listed(self) -> str:
        """The search's jobs in the form of trials, which are named as their jobs."""
        return """[$states.result.TrainingJobSummaries.{
            'name': TrainingJobName,
            'job': TrainingJobName,
            'status': TrainingJobStatus,
            'hyperparameters': TunedHyperParameters,
            'metrics': $exists(FinalHyperParameterTuningJobObjectiveMetric)
                ? { FinalHyperParameterTuningJobObjectiveMetric.MetricName:
                    FinalHyperParameterTuningJobObjectiveMetric.Value }
                : {}
        }]"""

    def _rank(self) -> State:
        """The completed trials, best first; equal ones by name, so that the same results rank the same way."""
        metric = self.training.objective.metric
        worse = "<" if self.training.objective.goal == "maximize" else ">"
        ranked = f"""(
            $scored := $states.input[status = 'Completed' and $type($lookup(metrics, '{metric}')) = 'number'];
            [$sort($scored, function($a, $b) {{(
                $x := $lookup($a.metrics, '{metric}');
                $y := $lookup($b.metrics, '{metric}');
                $x = $y ? $a.name > $b.name : $x {worse} $y
            )}})]
        )"""
        unranked = f"""[$states.input[
            $not(status = 'Completed' and $type($lookup(metrics, '{metric}')) = 'number')
        ]]"""
        return {
            "Type": "Pass",
            "Assign": {"ranked": expression(ranked), "unranked": expression(unranked)},
            "Next": "Is there a best?",
        }

    def _write_leaderboard(self) -> State:
        board = f"""$string({{
            'model': '{self.model.name}',
            'run': $run,
            'objective': {{'metric': '{self.training.objective.metric}', 'goal': '{self.training.objective.goal}'}},
            'trials': $append($ranked, $unranked)
        }})"""
        return task(
            resource="aws-sdk:s3:putObject",
            arguments={
                "Bucket": self.place.bucket,
                "Key": text(self.model.layout.leaderboard(run=RUN)),
                "ContentType": "application/json",
                "Body": expression(board),
            },
            output="{% $states.input %}",
            then="Register the best",
            caught_by="Report the failure",
            partition=self.partition,
        )

    def _artifact(self) -> str:
        """Where SageMaker put the best trial's model: below the output path and the job's own name."""
        return f"{self.place.uri(self.model.layout.training(run=RUN))}/' & $ranked[0].job & '/output/model.tar.gz"

    def _register(self) -> State:
        statistics = {
            "ContentType": "application/json",
            "S3Uri": text(self.place.uri(self.model.layout.leaderboard(run=RUN))),
        }
        return {
            **task(
                resource="aws-sdk:sagemaker:createModelPackage",
                arguments={
                    "ModelPackageGroupName": self.package_group,
                    "ModelPackageDescription": text(f"Trial ' & $ranked[0].name & ' of run {RUN}"),
                    "ModelApprovalStatus": "PendingManualApproval",
                    "InferenceSpecification": self._inference_specification(),
                    "ModelMetrics": {"ModelQuality": {"Statistics": statistics}},
                    "CustomerMetadataProperties": self._package_metadata(),
                },
                output="{% $states.input %}",
                then="Make the baseline" if self.baseline_job is not None else "Report",
                caught_by="Report the failure",
                partition=self.partition,
            ),
            "Assign": {"package": "{% $states.result.ModelPackageArn %}"},
        }

    def _inference_specification(self) -> Request:
        return {
            "Containers": [{"Image": self.serving_image, "ModelDataUrl": text(self._artifact())}],
            "SupportedContentTypes": ["text/csv", "application/json"],
            "SupportedResponseMIMETypes": ["text/csv", "application/json"],
        }

    def _package_metadata(self) -> Request:
        """All metrics are in the leaderboard; this is what a list of packages shows."""
        metric = self.training.objective.metric
        return {
            "run": "{% $run %}",
            "trial": "{% $ranked[0].name %}",
            "job": "{% $ranked[0].job %}",
            "objective": metric,
            "value": expression(f"$string($lookup($ranked[0].metrics, '{metric}'))"),
        }

    def _baseline_states(self) -> States:
        request = self.baseline_job if self.baseline_job is not None else {}
        return {
            "Make the baseline": task(
                resource="sagemaker:createProcessingJob.sync",
                arguments={"ProcessingJobName": text(f"{self._prefix}-base-{RUN}"), **request},
                output="{% $states.input %}",
                then="Report",
                caught_by="Report the failure",
                partition=self.partition,
            )
        }

    def _result(self) -> State:
        """What an execution ends with, for `yard` and the console to read."""
        made = self.baseline_job is not None
        return {
            "run": "{% $run %}",
            "best": "{% $ranked[0] %}",
            "trials": "{% $append($ranked, $unranked) %}",
            "artifact": text(self._artifact()),
            "package": "{% $package %}",
            "leaderboard": text(self.place.uri(self.model.layout.leaderboard(run=RUN))),
            **({"baseline": text(self.place.uri(self.model.layout.baseline(run=RUN)))} if made else {}),
        }

    def _report(self) -> State:
        metric = self.training.objective.metric
        message = f"""'Run ' & $run & ' of {self.model.name}: the best trial is ' & $ranked[0].name
            & ' with {metric} ' & $string($lookup($ranked[0].metrics, '{metric}'))
            & ' of ' & $string($count($ranked)) & ' completed, ' & $string($count($unranked)) & ' not. '
            & 'Promote it with: yard promote {self.model.name} --run ' & $run"""
        return notify(
            topic_arn=self.topic_arn,
            subject=f"{self._prefix}: training completed",
            message=expression(message),
            then="Done",
            partition=self.partition,
        )

    def _longest_seconds(self) -> int:
        """Jobs one after the other, as they run where quotas allow one at a time."""
        tuning = self.training.tuning
        jobs = tuning.jobs if tuning is not None else len(self.training.all_trials)
        wait = self.training.spot.max_wait_minutes if self.training.spot is not None else 0
        return jobs * max(self.training.max_runtime_minutes, wait) * 60 + ALLOWANCE_SECONDS


def _searched_algorithm(*, training: Training, image: str) -> Request:
    """A tuning job's definition takes no series of metrics (API reference, HyperParameterAlgorithmSpecification)."""
    request = algorithm(training=training, image=image)
    return {key: value for key, value in request.items() if key != "EnableSageMakerMetricsTimeSeries"}


def tuning_prefix(prefix: str) -> str:
    """What the name of a tuning job begins with: of 32 characters nine are the hash's."""
    return prefix[: LONGEST_TUNING_NAME - TUNING_HASH - 1].rstrip("-")
