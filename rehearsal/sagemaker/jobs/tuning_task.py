"""A tuning job: it starts training jobs, so many at a time, and keeps the best.

It has no files, no container and no volume of its own, so it does not share the life of the other jobs (`job_task`).
"""

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from modelyard.rehearsal.sagemaker.jobs.failures import INTERNAL
from modelyard.rehearsal.sagemaker.jobs.progress import RUNNING, TUNING, Progress
from modelyard.rehearsal.sagemaker.jobs.search_jobs import SearchJobs, Training
from modelyard.rehearsal.sagemaker.jobs.tuning_requests import Candidate, Objective, TuningPlan
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.tags import Tags
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.s3_uri import S3Uri

ALL_FAILED = "All training jobs failed. Please take a look at the training jobs failures to get more details."
NO_OBJECTIVE = (
    "No objective metrics found after running {count} training jobs. Please ensure that the custom algorithm is "
    "emitting the objective metric as defined by the regular expression provided."
)
POLL_SECONDS = 0.05
OBJECTIVE = "FinalHyperParameterTuningJobObjectiveMetric"
# What a summary says of a training job as its description does.
DESCRIBED = (
    "TrainingJobArn",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "FailureReason",
    "TrainingJobStatus",
)
# Under which counter a training job's status falls.
COUNTED_AS = {
    "Completed": "Completed",
    "InProgress": "InProgress",
    "Stopping": "InProgress",
    "Failed": "NonRetryableError",
    "Stopped": "Stopped",
}
COUNTERS = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """A training job of the search."""

    name: str
    candidate: Candidate

    def summary(self, described: Document, *, tuning_job: str) -> Document:
        """Return its HyperParameterTrainingJobSummary from the description of its training job."""
        objective = self.candidate.objective
        finals = described.get("FinalMetricDataList", [])
        value = next((float(final["Value"]) for final in finals if final["MetricName"] == objective.metric), None)
        ended = "Failed" if value is None else "Succeeded"
        summary = {
            "TrainingJobName": self.name,
            "TuningJobName": tuning_job,
            "TunedHyperParameters": self.candidate.tuned,
            "ObjectiveStatus": "Pending" if described["TrainingJobStatus"] in RUNNING else ended,
            **{member: described[member] for member in DESCRIBED if member in described},
        }
        if self.candidate.definition is not None:
            summary["TrainingJobDefinitionName"] = self.candidate.definition
        if value is not None:
            kind = "Maximize" if objective.maximize else "Minimize"
            summary[OBJECTIVE] = {"Type": kind, "MetricName": objective.metric, "Value": value}
        return summary


class TuningTask:
    """A search that runs in the thread that calls `run`, and is stopped from others."""

    def __init__(self, *, platform: Platform, document: Document, plan: TuningPlan, training: Training) -> None:
        self._platform = platform
        self._progress = Progress(platform=platform, document=document, kind=TUNING)
        self._name: str = document["HyperParameterTuningJobName"]
        self._arn: str = document["HyperParameterTuningJobArn"]
        self._plan = plan
        self._training = training
        self._jobs = SearchJobs(training)
        self._trials: list[Trial] = []

    def run(self) -> None:
        """Search to the end; the document says what was found."""
        with contextlib.ExitStack() as limits:
            seconds = self._plan.request["HyperParameterTuningJobConfig"]["ResourceLimits"].get("MaxRuntimeInSeconds")
            if seconds is not None:
                due = self._progress.now() + timedelta(seconds=seconds)
                limits.callback(self._platform.clock.at(moment=due, run=self._jobs.stop).cancel)
            self._search(self._plan.candidates())

        best = self._count()
        if self._progress.document["HyperParameterTuningJobStatus"] == "Stopping":
            self._close(status="Stopped", changes={})
        elif best is not None:
            self._close(status="Completed", changes={})
        else:
            completed = any(summary["TrainingJobStatus"] == "Completed" for summary in self.summaries())
            reason = NO_OBJECTIVE.format(count=self._jobs.started) if completed else ALL_FAILED
            self._close(status="Failed", changes={"FailureReason": reason})

    def stop(self) -> None:
        """See `SearchJobs`."""
        self._jobs.stop()

    def end(self) -> None:
        """See `SearchJobs`."""
        self._jobs.end()

    def fail(self) -> None:
        """Close the job as failed by an internal error."""
        self._close(status="Failed", changes={"FailureReason": INTERNAL})

    def summaries(self) -> list[Document]:
        """Return the search's training jobs as they are now, without those that were deleted."""
        known = self._platform.store.table("TrainingJob")
        return [
            trial.summary(self._training.describe_training_job({"TrainingJobName": trial.name}), tuning_job=self._name)
            for trial in list(self._trials)
            if known.find(trial.name) is not None
        ]

    def _search(self, candidates: Iterator[Candidate]) -> None:
        running: list[Trial] = []
        waiting = next(candidates, None)
        while running or (waiting is not None and not self._jobs.is_stopping):
            while waiting is not None and len(running) < self._plan.parallel and not self._jobs.is_stopping:
                running.append(self._start(waiting))
                waiting = next(candidates, None)
            left = [trial for trial in running if not self._training.wait(trial.name, timeout=POLL_SECONDS)]
            if self._jobs.is_ending:
                return
            if len(left) < len(running):
                best = self._count()
                if best is not None and not self._jobs.is_stopping:
                    objective = self._objective_of(best)
                    if objective.reached(best[OBJECTIVE]["Value"]):
                        self.stop()
            running = left

    def _start(self, candidate: Candidate) -> Trial:
        name = f"{self._name}-{self._jobs.started + 1:03}-{uuid4().hex[:8]}"
        trial = Trial(name=name, candidate=candidate)
        request = {"TrainingJobName": name, **candidate.request}
        if (kept := request.get("CheckpointConfig")) is not None:
            # "SageMaker adds each job's own name" to the prefix (CheckpointConfig).
            request["CheckpointConfig"] = {**kept, "S3Uri": str(S3Uri.parse(kept["S3Uri"]).below(name))}
        arn = self._jobs.launch(request, owner={"TuningJobArn": self._arn})
        # The search's tags are added to all its training jobs (API reference, CreateHyperParameterTuningJob).
        Tags(platform=self._platform).keep(arn, self._progress.document.get("Tags", ()))
        self._trials.append(trial)
        self._count()
        return trial

    def _count(self) -> Document | None:
        """Bring the counters and the best job up to date, and return the best job."""
        summaries = self.summaries()
        best: Document | None = None
        for summary in summaries:
            if OBJECTIVE not in summary or summary["TrainingJobStatus"] != "Completed":
                continue
            value = summary[OBJECTIVE]["Value"]
            if best is None or self._objective_of(summary).better(value, than=best[OBJECTIVE]["Value"]):
                best = summary
        statuses = Counter(COUNTED_AS.get(summary["TrainingJobStatus"]) for summary in summaries)
        objectives = Counter(summary["ObjectiveStatus"] for summary in summaries)
        self._progress.set(
            {
                "TrainingJobStatusCounters": {name: statuses[name] for name in COUNTERS},
                "ObjectiveStatusCounters": {name: objectives[name] for name in ("Succeeded", "Pending", "Failed")},
                **({} if best is None else {"BestTrainingJob": best}),
            }
        )
        return best

    def _objective_of(self, summary: Document) -> Objective:
        return next(trial.candidate.objective for trial in self._trials if trial.name == summary["TrainingJobName"])

    def _close(self, *, status: str, changes: Document) -> None:
        ended = {"HyperParameterTuningEndTime": self._progress.now(), "HyperParameterTuningJobStatus": status}
        self._progress.set(changes | ended)
