"""The training workflow: run the trials, choose the best, register it, make the baseline, report."""

from dataclasses import dataclass
from typing import Any

from modelyard.constructs.workflows.autopilot import CONTAINERS, AutopilotSearch
from modelyard.constructs.workflows.comparison import Comparison
from modelyard.constructs.workflows.preparation import Preparation
from modelyard.constructs.workflows.requests import JobContext, Script
from modelyard.constructs.workflows.retraining_data import RetrainingData
from modelyard.constructs.workflows.search import Search
from modelyard.constructs.workflows.states import (
    RUN,
    State,
    States,
    choose,
    end_with,
    expression,
    give_up,
    machine,
    name_the_run,
    notify,
    quoted,
    refuse_run,
    task,
    text,
    without_none,
)
from modelyard.constructs.workflows.trials import Trials
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.model import Model
from modelyard.manifest.names import MARK
from modelyard.manifest.training import Training

# What a run may take beside its trials: the baseline, the registration and the starts of the jobs.
ALLOWANCE_SECONDS = 4 * 3600
# An archive of nothing is two empty blocks of tar, zipped: some 45 bytes. One file's header alone makes it longer.
LONGEST_EMPTY_ARCHIVE = 100
# A cause has at most 32,768 characters (Step Functions API reference, HistoryEvent).
LONGEST_ENDINGS = 30_000


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingRun:
    """A model's training as a definition for Step Functions.

    `baseline_job` is the request for the processing job that makes the baseline, all but its name and its output; None
    for a model that is not monitored. `transformer_container` is that of a registered model which stands before the
    model's own, all but its artifact. Both images are empty where a package has them: for a search of Autopilot, which
    chooses its own, and for an algorithm resource.
    `retraining` and `comparison` are what a run does besides that a schedule or an alarm has started; None for a model
    for which neither does.
    """

    model: Model
    training: Training
    stage: str
    job_context: JobContext
    image: str
    serving_image: str
    serving_environment: dict[str, str] | None
    script: Script | None
    experiment: str
    package_group: str
    topic_arn: str
    partition: str
    baseline_job: dict[str, Any] | None = None
    retraining: RetrainingData | None = None
    comparison: Comparison | None = None
    preparation: Preparation | None = None
    transformer_container: dict[str, Any] | None = None

    @property
    def definition(self) -> dict[str, Any]:
        """The whole state machine."""
        trials = self._trial_states()
        unvalued = f"No trial of {self.model.name} ended with a value of {self.training.objective.metric}: "
        endings = "$join($unranked.(name & ' ' & status & ($exists(reason) ? ': ' & reason : '')), '; ')"
        logs = f"; read their logs: yard logs {self.model.name}"
        baseline: States = {}
        reported = "Report" if self.comparison is None else "Is it to be compared?"
        if self.baseline_job is not None:
            baseline["Make the baseline"] = task(
                resource="sagemaker:createProcessingJob.sync",
                arguments={"ProcessingJobName": text(f"{self._prefix}{MARK}base-{RUN}"), **self.baseline_job},
                output=expression("$states.input"),
                then=reported,
                caught_by="Report the failure",
                partition=self.partition,
            )
        first, variables = trials.first, trials.variables
        prepared: States = {}
        if self.preparation is not None:
            prepared = self.preparation.states(then=first)
            first, variables = self.preparation.first, {**variables, **self.preparation.variables}
        states: States = {
            **self._begin(first=first, variables=variables),
            **prepared,
            **trials.states(then="Rank the trials"),
            "Rank the trials": self._rank(),
            "Is there a best?": choose(
                when="$count($ranked) > 0", then="Write the leaderboard", otherwise="No trial completed"
            ),
            "No trial completed": refuse_run(
                error="NoTrialCompleted",
                cause=expression(f"{quoted(unvalued)} & $substring({endings}, 0, {LONGEST_ENDINGS}) & {quoted(logs)}"),
            ),
            "Write the leaderboard": self._write_leaderboard(),
            **({} if self.training.automl is not None else self._look_at_artifact()),
            "Register the best": self._register(then="Make the baseline" if baseline else reported),
            **baseline,
            **({} if self.comparison is None else self.comparison.states(then="Report")),
            "Report": self._report(),
            "Done": end_with(self._result()),
            **give_up(subject=f"{self._prefix}: training failed", topic_arn=self.topic_arn, partition=self.partition),
        }
        return machine(
            comment=f"Train {self.model.name}: trials, the best of them, its package and its baseline",
            start="Name the run",
            states=states,
            seconds=self._minutes * 60 + ALLOWANCE_SECONDS,
        )

    @property
    def _minutes(self) -> int:
        """How long it may train: with jobs one after the other, as they run where quotas allow one at a time."""
        if self.training.automl is not None:
            return self.training.automl.max_total_minutes
        tuning = self.training.tuning
        jobs = tuning.jobs if tuning is not None else len(self.training.all_trials)
        wait = self.training.spot.max_wait_minutes if self.training.spot is not None else 0
        preparing = self.preparation.preprocessing.max_runtime_minutes if self.preparation is not None else 0
        return jobs * max(self.training.max_runtime_minutes, wait) + preparing

    def _begin(self, *, first: str, variables: dict[str, Any]) -> States:
        """Name the run, and prepare the data of one that nobody has started by hand."""
        if self.retraining is None:
            return {"Name the run": name_the_run(then=first, assign=variables)}
        retrain = {"retrain": expression("$exists($states.input.retrain) ? $states.input.retrain : {}")}
        assigned = {**variables, **self.retraining.variables, **retrain}
        return {
            "Name the run": name_the_run(then="Is it a retraining?", assign=assigned),
            **self.retraining.states(then=first),
        }

    @property
    def _data(self) -> dict[str, str]:
        """The channel whose data are another version in a run that prepares its own."""
        retrain = self.training.retrain
        if retrain is None or retrain.captures_to is None:
            return {}
        return {retrain.captures_to: expression("$channel")}

    @property
    def _prefix(self) -> str:
        return f"{self.stage}-{self.model.slug}"

    def _trial_states(self) -> Trials | Search | AutopilotSearch:
        """Return the states of the listed trials, or of a search."""
        if self.training.automl is not None:
            return AutopilotSearch(
                training=self.training,
                automl=self.training.automl,
                layout=self.model.layout,
                prefix=self._prefix,
                job_context=self.job_context,
                partition=self.partition,
            )
        if self.training.tuning is not None:
            return Search(
                training=self.training,
                tuning=self.training.tuning,
                layout=self.model.layout,
                prefix=self._prefix,
                job_context=self.job_context,
                image=self.image,
                script=self.script,
                partition=self.partition,
                data=self._data,
                preparation=self.preparation,
            )
        return Trials(
            training=self.training,
            layout=self.model.layout,
            prefix=self._prefix,
            job_context=self.job_context,
            image=self.image,
            script=self.script,
            experiment=self.experiment,
            partition=self.partition,
            data=self._data,
            preparation=self.preparation,
        )

    def _rank(self) -> State:
        """The completed trials, best first; equal ones by name, so that the same results rank the same way."""
        metric = quoted(self.training.objective.metric)
        worse = "<" if self.training.objective.goal == "maximize" else ">"
        ranked = f"""(
            $scored := $states.input[status = 'Completed' and $type($lookup(metrics, {metric})) = 'number'];
            [$sort($scored, function($a, $b) {{(
                $x := $lookup($a.metrics, {metric});
                $y := $lookup($b.metrics, {metric});
                $x = $y ? $a.name > $b.name : $x {worse} $y
            )}})]
        )"""
        unranked = f"""[$states.input[
            $not(status = 'Completed' and $type($lookup(metrics, {metric})) = 'number')
        ]]"""
        return {
            "Type": "Pass",
            "Assign": {"ranked": expression(ranked), "unranked": expression(unranked)},
            "Next": "Is there a best?",
        }

    def _write_leaderboard(self) -> State:
        metric = quoted(self.training.objective.metric)
        prepared = "" if self.preparation is None else f"'preprocessing': {self.preparation.result},"
        board = f"""$string({{
            'model': '{self.model.name}',
            'run': $run,
            'objective': {{'metric': {metric}, 'goal': '{self.training.objective.goal}'}},{prepared}
            'trials': $append($ranked, $unranked)
        }})"""
        return task(
            resource="aws-sdk:s3:putObject",
            arguments={
                "Bucket": self.job_context.bucket,
                "Key": text(self.model.layout.leaderboard(run=RUN)),
                "ContentType": "application/json",
                "Body": expression(board),
            },
            output=expression("$states.input"),
            then="Register the best" if self.training.automl is not None else "Look at the artifact",
            caught_by="Report the failure",
            partition=self.partition,
        )

    def _look_at_artifact(self) -> States:
        """A script that saves where SageMaker does not look leaves an archive of nothing, and its job succeeds."""
        empty = "saved nothing in SM_MODEL_DIR: its model.tar.gz is empty"
        return {
            "Look at the artifact": task(
                resource="aws-sdk:s3:headObject",
                arguments={"Bucket": self.job_context.bucket, "Key": text(self._artifact_key())},
                output=expression("{'bytes': $states.result.ContentLength}"),
                then="Is there a model in it?",
                caught_by="Report the failure",
                partition=self.partition,
            ),
            "Is there a model in it?": choose(
                when=f"$states.input.bytes > {LONGEST_EMPTY_ARCHIVE}",
                then="Register the best",
                otherwise="The artifact is empty",
            ),
            "The artifact is empty": refuse_run(
                error="EmptyArtifact",
                cause=text(f"Trial ' & $ranked[0].name & ' of {self.model.name} {empty}"),
            ),
        }

    def _artifact_key(self) -> str:
        return best_artifact(self.model.layout)

    def _artifact(self) -> str:
        return self.job_context.uri(self._artifact_key())

    def _register(self, *, then: str) -> State:
        statistics = {
            "ContentType": "application/json",
            "S3Uri": text(self.job_context.uri(self.model.layout.leaderboard(run=RUN))),
        }
        # All metrics are in the leaderboard; this is what a list of packages shows.
        metric = self.training.objective.metric
        return {
            **task(
                resource="aws-sdk:sagemaker:createModelPackage",
                arguments={
                    "ModelPackageGroupName": self.package_group,
                    "ModelPackageDescription": text(f"Trial ' & $ranked[0].name & ' of run {RUN}"),
                    "ModelApprovalStatus": "PendingManualApproval",
                    **self._specification(),
                    "ModelMetrics": {"ModelQuality": {"Statistics": statistics}},
                    "CustomerMetadataProperties": {
                        "run": expression("$run"),
                        "trial": expression("$ranked[0].name"),
                        "job": expression("$ranked[0].job"),
                        "objective": metric,
                        "value": expression(f"$string($lookup($ranked[0].metrics, {quoted(metric)}))"),
                    },
                },
                output=expression("$states.input"),
                then=then,
                caught_by="Report the failure",
                partition=self.partition,
            ),
            "Assign": {"package": expression("$states.result.ModelPackageArn")},
        }

    def _specification(self) -> dict[str, Any]:
        """What serves the best: an algorithm resource says that itself of an artifact that it has made."""
        algorithm = self.training.algorithm
        if algorithm is not None:
            made = {"AlgorithmName": algorithm, "ModelDataUrl": text(self._artifact())}
            return {"SourceAlgorithmSpecification": {"SourceAlgorithms": [made]}}
        return {
            "InferenceSpecification": {
                "Containers": self._containers(),
                "SupportedContentTypes": ["text/csv", "application/json"],
                "SupportedResponseMIMETypes": ["text/csv", "application/json"],
            }
        }

    def _containers(self) -> Any:
        """The containers of the best: those that Autopilot names, or ours around the trial's artifact."""
        if self.training.automl is not None:
            return expression(
                f"[{CONTAINERS}.{{'Image': Image, 'ModelDataUrl': ModelDataUrl, 'Environment': Environment}}]"
            )
        container = {
            "Image": self.serving_image,
            "ModelDataUrl": text(self._artifact()),
            "Environment": self.serving_environment,
        }
        return [*self._transformer(), without_none(container)]

    def _transformer(self) -> list[dict[str, Any]]:
        """The container that stands before the model, where one was fitted for it."""
        if self.preparation is None or self.transformer_container is None:
            return []
        artifact = self.job_context.uri(self.preparation.transformer)
        return [{**self.transformer_container, "ModelDataUrl": text(artifact)}]

    def _result(self) -> State:
        """What an execution ends with, for `yard` and the console to read."""
        made = self.baseline_job is not None
        return {
            "run": expression("$run"),
            "best": expression("$ranked[0]"),
            "trials": expression("$append($ranked, $unranked)"),
            # That of a search is in its package, perhaps in several parts.
            **({} if self.training.automl is not None else {"artifact": text(self._artifact())}),
            "package": expression("$package"),
            "leaderboard": text(self.job_context.uri(self.model.layout.leaderboard(run=RUN))),
            **({"preprocessing": expression(self.preparation.result)} if self.preparation is not None else {}),
            **({"baseline": text(self.job_context.uri(self.model.layout.baseline(run=RUN)))} if made else {}),
        }

    def _report(self) -> State:
        metric = self.training.objective.metric
        value = f"$string($lookup($ranked[0].metrics, {quoted(metric)}))"
        message = f"""'Run ' & $run & ' of {self.model.name}: the best trial is ' & $ranked[0].name
            & {quoted(f" with {metric} ")} & {value}
            & ' of ' & $string($count($ranked)) & ' completed, ' & $string($count($unranked)) & ' not. '
            & 'Promote it with: yard promote {self.model.name} --run ' & $run"""
        return notify(
            topic_arn=self.topic_arn,
            subject=f"{self._prefix}: training completed",
            message=expression(message),
            then="Done",
            partition=self.partition,
        )


def best_artifact(layout: DataLayout) -> str:
    """Where SageMaker put the best trial's model: below the output path and the job's own name."""
    return f"{layout.training(run=RUN)}/' & $ranked[0].job & '/output/model.tar.gz"
